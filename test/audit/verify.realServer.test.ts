import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STREAM_PREFIXES } from '../../src/events/streamName.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { makeHistory, openInstallation, type Installation } from '../contract/auditFixture.ts';
import { openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

type Hide = (client: TestClient, stream: string) => Promise<unknown>;

const DELETIONS: readonly (readonly [how: string, kind: 'hidden' | 'deleted', hide: Hide])[] = [
  ['a soft deletion', 'hidden', (client, stream) => client.deleteStream(stream)],
  ['$maxCount', 'hidden', (client, stream) => client.setStreamMetadata(stream, { maxCount: 1 })],
  ['$tb', 'hidden', (client, stream) => client.setStreamMetadata(stream, { truncateBefore: 1 })],
  ['$maxAge', 'hidden', (client, stream) => client.setStreamMetadata(stream, { maxAge: 1 })],
  ['a tombstone', 'deleted', (client, stream) => client.tombstoneStream(stream)],
];

/** An installation of its own in the server that all share, and the operator's tool. */
async function openWorld(url: string, streamPrefix: string) {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const logger = createLogger('silent');
  const store = opened.use(openEventStoreDb({ url, streamPrefix, streams: STREAM_PREFIXES, logger }));
  const client = opened.use(openClient(url));
  const installation = await openInstallation({
    store,
    db: database.db,
    rewrite: () => Promise.reject(new Error('a real server’s history is not rewritten')),
  });
  const made = await makeHistory(installation);
  const closing = opened.move();
  return {
    installation,
    made,
    client,
    inStore: (stream: string) => streamPrefix + stream,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** $maxAge takes a second to hide anything. */
async function expectKind(installation: Installation, kind: string, stream: string): Promise<void> {
  await expect.poll(() => installation.fault(), { timeout: 60_000 }).toMatchObject({ kind, stream });
}

describe.skipIf(realServerCommand() === undefined)('on a real server, audit verify', () => {
  let server: EventStoreServer;
  beforeAll(async () => {
    server = await startEventStoreServer({ storage: 'disk' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(DELETIONS)(
    'names a key’s and a server’s stream hidden by %s at once, before and after a scavenge and a merge, until its loss is accepted [audit-verify-hidden]',
    async (how, kind, hide) => {
      const streamPrefix = `${how.replace(/\W/g, '')}-`;
      await using world = await openWorld(server.url, streamPrefix);
      const { installation, made, client, inStore } = world;
      const { busy } = made.streams;
      expect(await installation.fault()).toBeUndefined();

      await hide(client, inStore(busy));
      await expectKind(installation, kind, busy);
      if (kind === 'hidden') {
        // The undo that the sentence tells: once is enough but for a soft deletion.
        for (let i = 0; i < 2; i += 1) await client.setStreamMetadata(inStore(busy), {});
        expect(await installation.fault()).toBeUndefined();
      }

      await using other = await openWorld(server.url, `other-${streamPrefix}`);
      const mine = other.made.streams.github;
      await hide(other.client, other.inStore(mine));
      await expectKind(other.installation, kind, mine);
      await server.scavenge();
      await server.http('POST', '/admin/mergeindexes');
      const left = (await other.installation.history()).filter(({ stream }) => stream === mine);
      expect(left.length).toBeLessThan(5);
      await expectKind(other.installation, kind, mine);
      // No other history is concerned.
      expect((await installation.fault())?.kind).toBe(kind === 'hidden' ? undefined : kind);

      await other.installation.projections.rebuild({ acceptLoss: true });
      const { fault, coverage } = await other.installation.audit.verify();
      expect(fault).toBeUndefined();
      expect(coverage!.notCovered.some(({ part }) => part === 'remains')).toBe(left.length > 0);
    },
    120_000,
  );
});
