import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { expectNoneLost, type UnderFault } from '../contract/eventStoreFaults.ts';
import { startEventStoreCluster, type EventStoreCluster } from '../support/eventStoreCluster.ts';
import { realServerCommand } from '../support/eventStoreServer.ts';
import { failsInVain, recovers, startWitness, type Witness } from '../support/eventStoreWitness.ts';

// What the event store promises while leaders die and hang and a quorum is lost: to writers and their subscription, and to
// a process that uses one store through all of it.

const logger = createLogger('silent');
const TIMEOUT_MS = 400_000;

interface Struck {
  readonly cluster: EventStoreCluster;
  readonly witness: Witness;
  readonly under: UnderFault;
}

const FAULTS: readonly (readonly [what: string, strike: (struck: Struck) => Promise<void>])[] = [
  [
    'kill -9 of the leader',
    async ({ cluster, witness }) => {
      const leader = await cluster.leader();
      await leader.kill();
      await cluster.leader();
      await recovers(witness);
      await leader.start();
    },
  ],
  [
    'a leader that hangs until another leads',
    async ({ cluster, witness }) => {
      const leader = await cluster.leader();
      leader.freeze();
      await cluster.leader();
      await recovers(witness);
      leader.thaw();
    },
  ],
  [
    'a leader that loses its quorum',
    async ({ cluster, under }) => {
      const leader = await cluster.leader();
      const followers = cluster.nodes.filter((node) => node !== leader);
      await Promise.all(followers.map((node) => node.kill()));
      await under.fails();
      await Promise.all(followers.map((node) => node.start()));
      await cluster.leader();
    },
  ],
  [
    'a quorum that is lost with its leader, for long',
    async ({ cluster, witness, under }) => {
      const leader = await cluster.leader();
      const lost = [leader, cluster.nodes.find((node) => node !== leader)!];
      await Promise.all(lost.map((node) => node.kill()));
      // Each of these waits for 15 s: two of each are half a minute without a quorum.
      await Promise.all([under.fails(), failsInVain(witness)]);
      await Promise.all(lost.map((node) => node.start()));
      await cluster.leader();
    },
  ],
];

/** What may fail while there is no leader, and in no other way. */
const MAY_FAIL = /^(append|read|end|check): event-store-unavailable$|^append: append-outcome-unknown$/;

describe.skipIf(realServerCommand() === undefined)('with TEST_EVENT_STORE_SERVER, three nodes and', () => {
  let cluster: EventStoreCluster;
  let witness: Witness;
  beforeAll(async () => {
    cluster = await startEventStoreCluster();
    witness = startWitness(cluster.url);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await witness[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  /** Gives up soon what a server that hangs does not answer. */
  const open = () => openEventStoreDb({ url: cluster.url, streams: ['contract-'], logger, appendDeadlineMs: 2_000 });

  test.each(FAULTS)(
    '%s: all that is acknowledged is there once, and all recovers by itself [events-acknowledged-kept] [events-retry-once] [events-none-lost]',
    async (_what, strike) => {
      await recovers(witness);
      await expectNoneLost({ open }, { strikes: 1, strike: (under) => strike({ cluster, witness, under }) });
      await recovers(witness);
    },
    TIMEOUT_MS,
  );

  test('all of them: calls fail in no other way than told, and a stretch without the store is logged once', () => {
    expect(witness.exitCode).toBeNull();
    expect(Object.keys(witness.failed).filter((each) => !MAY_FAIL.test(each))).toEqual([]);
    // A few lines for each of four strikes, not one a try.
    expect(witness.stderr.split('\n').filter((each) => each !== '').length).toBeLessThan(28);
  });
});
