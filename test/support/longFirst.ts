import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, those that wait by turns with those that start real EventStoreDBs. Without them at the front,
 * one of them would run alone at the end; the order decides nothing else, and a file that is not here takes its turn.
 */
const LONGEST = [
  'test/faults/faults',
  'test/gateway/eventStoreCluster',
  'test/gateway/lease',
  'test/events/eventStoreDbFaults',
  'test/gateway/revocationUnprojected',
  'test/hostile/hostile',
  'test/gateway/soak',
  'test/docs/eventStoreDb',
  'test/events/eventStoreDb.test',
  'test/live/confirmations',
  'test/events/eventStoreDbElections',
  'test/embedded/recovery',
  'test/eventStoreServer/launcher',
  'test/tui/journeys',
  'test/events/eventStoreDbReads',
  'test/deploy/image',
  'test/docs/readme',
  'test/cli/surroundings',
  'test/auth/authenticate',
  'test/audit/verify',
  'test/npmScripts',
  'test/gateway/eventStoreOutage',
  'test/gateway/silentEventStore',
  'test/upstream/aggregate/alike',
  'test/eventStoreDb/sameAsReal',
  'test/gateway/crash',
  'test/docs/operating',
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
