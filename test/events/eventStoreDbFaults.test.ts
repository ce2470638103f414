import { afterAll, beforeAll, describe, test } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { expectNoneLost, type UnderFault } from '../contract/eventStoreFaults.ts';
import { startEventStoreCluster, type EventStoreCluster } from '../support/eventStoreCluster.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';

// What the event store promises while a real server dies, hangs and elects. (The contract cuts connections.)

const logger = createLogger('silent');
const TIMEOUT_MS = 240_000;

/** A store that gives up soon what a server that hangs does not answer. */
const storeOn = ({ url }: { url: string }) => ({
  open: () => openEventStoreDb({ url, streams: ['contract-'], logger, appendDeadlineMs: 2_000 }),
});

type Strike<Target> = (target: Target, under: UnderFault) => Promise<void>;

const ON_DISK: readonly [string, Strike<EventStoreServer>][] = [
  [
    'kill -9',
    async (server) => {
      await server.kill();
      await server.start();
    },
  ],
  [
    'a restart',
    async (server) => {
      await server.stop();
      await server.start();
    },
  ],
  [
    'a server that hangs',
    async (server, under) => {
      server.freeze();
      await under.fails();
      server.thaw();
    },
  ],
];

const OF_THREE: readonly [string, Strike<EventStoreCluster>][] = [
  [
    'kill -9 of the leader',
    async (cluster) => {
      const leader = await cluster.leader();
      await leader.kill();
      await cluster.leader();
      await leader.start();
    },
  ],
  [
    'a leader that hangs until another leads',
    async (cluster) => {
      const leader = await cluster.leader();
      leader.freeze();
      await cluster.leader();
      leader.thaw();
    },
  ],
  [
    'a lost quorum',
    async (cluster, under) => {
      const leader = await cluster.leader();
      const followers = cluster.nodes.filter((node) => node !== leader);
      await Promise.all(followers.map((node) => node.kill()));
      await under.fails();
      await Promise.all(followers.map((node) => node.start()));
      await cluster.leader();
    },
  ],
];

describe.skipIf(realServerCommand() === undefined)('with TEST_EVENT_STORE_SERVER', () => {
  test.each(ON_DISK)(
    'a server on disk and %s: all that is acknowledged is there once [events-acknowledged-kept] [events-retry-once]',
    async (_what, strike) => {
      await using server = await startEventStoreServer({ storage: 'disk' });
      await expectNoneLost(storeOn(server), { strikes: 3, strike: (under) => strike(server, under) });
    },
    TIMEOUT_MS,
  );

  describe('three nodes and', () => {
    let cluster: EventStoreCluster;
    beforeAll(async () => {
      cluster = await startEventStoreCluster();
    }, TIMEOUT_MS);
    afterAll(() => cluster[Symbol.asyncDispose]());

    test.each(OF_THREE)(
      '%s: all that is acknowledged is there once [events-acknowledged-kept] [events-retry-once]',
      async (_what, strike) => {
        await expectNoneLost(storeOn(cluster), { strikes: 2, strike: (under) => strike(cluster, under) });
      },
      TIMEOUT_MS,
    );
  });
});
