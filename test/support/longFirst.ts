import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, those that wait by turns with those that start real EventStoreDBs. Without them at the front,
 * one of them would run alone at the end; the order decides nothing else, and a file that is not here takes its turn.
 */
const LONGEST = [
  'test/faults/faults',
  'test/gateway/eventStoreCluster',
  'test/conformance/crossEras',
  'test/docs/eventStoreDb',
  'test/events/eventStoreDb.test',
  'test/gateway/soak',
  'test/events/eventStoreDbElections',
  'test/gateway/lease',
  'test/eventStoreServer/launcher',
  'test/hostile/hostile',
  'test/square/square',
  'test/clients/otherEra',
  'test/clients/gateway',
  'test/events/eventStoreDbFaults',
  'test/conformance/clients',
  'test/docs/readme',
  'test/deploy/image',
  'test/gateway/revocationUnprojected',
  'test/docs/recovery',
  'test/package.test',
  'test/gateway/threeGateways',
  'test/tui/endings',
  'test/tui/journeys',
  'test/tui/administrator',
  'test/gateway/crash',
  'test/embedded/upgrade',
  'test/live/confirmations',
  'test/conformance/gateway',
  'test/gateway/eventStoreOutage',
  'test/gateway/eventStoreFaults',
  'test/answers/answers',
  'test/cli/matrix',
  'test/conformance/transports',
  'test/eventStoreDb/sameAsReal',
  'test/gateway/stdio/leftovers',
  'test/deploy/rolling',
  'test/embedded/embeddedPostgres',
  'test/gateway/stdio/replicas',
  'test/audit/verify',
  'test/cli/acceptedInput',
  'test/cli/surroundings',
  'test/npmScripts',
  'test/docs/operating',
  'test/auth/authenticate',
  'test/embedded/recovery',
  'test/gateway/silentEventStore',
  'test/embedded/socketFolder',
];

/** Starts long files first, whatever project they are of, and then the others in the order of their size. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const found = LONGEST.findIndex((part) => moduleId.includes(part));
  return found === -1 ? LONGEST.length : found;
}
