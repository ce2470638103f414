import { randomBytes } from 'node:crypto';
import { jsonEvent } from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import type { EventStore, LogEntry } from '../../src/events/eventStore.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, newEvents } from '../contract/eventStoreFixture.ts';
import { openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { realServerCommand, startEventStoreServer } from '../support/eventStoreServer.ts';
import { sharedEventStoreUrl } from '../support/sharedEventStoreServer.ts';

const logger = createLogger('silent');
const STREAM = 'contract-a';

interface World extends AsyncDisposable {
  readonly url: string;
  readonly store: EventStore;
  /** The operator's own tool, and how the operator calls our stream. */
  readonly client: TestClient;
  readonly inStore: (stream: string) => string;
}

function openWorld(url: string): World {
  const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
  const store = openEventStoreDb({ url, streamPrefix, streams: ['contract-'], logger });
  const client = openClient(url);
  return {
    url,
    store,
    client,
    inStore: (stream) => streamPrefix + stream,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
    },
  };
}

/** Another process on the same history. */
function reopen({ url, inStore }: World): EventStore {
  return openEventStoreDb({ url, streamPrefix: inStore(''), streams: ['contract-'], logger });
}

/** Follows the log, and keeps what concerns our streams. */
function subscribe(store: EventStore, after: bigint | undefined): AsyncDisposable & { readonly entries: string[] } {
  const abort = new AbortController();
  const entries: string[] = [];
  const done = (async () => {
    for await (const entry of store.subscribe({ after, signal: abort.signal })) {
      if (entry.kind !== 'passed') entries.push(describeEntry(entry));
    }
  })();
  return {
    entries,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await done;
    },
  };
}

const HIDING: readonly (readonly [string, number[], (client: TestClient, name: string) => Promise<unknown>])[] = [
  ['a soft deletion', [], (client, name) => client.deleteStream(name)],
  ['$maxCount', [3, 4], (client, name) => client.setStreamMetadata(name, { maxCount: 2 })],
  ['$tb', [2, 3, 4], (client, name) => client.setStreamMetadata(name, { truncateBefore: 2 })],
];

/** The entries of the log about our streams beyond `after`. */
async function log(store: EventStore, after: bigint | undefined): Promise<string[]> {
  const entries = await Array.fromAsync(store.scan({ after }));
  return entries.flatMap((entry) => (entry.kind === 'passed' ? [] : [describeEntry(entry)]));
}

function describeEntry(entry: LogEntry): string {
  if (entry.kind === 'event') return `${entry.event.stream}@${entry.event.revision}`;
  return entry.kind === 'visibility' ? `visibility of ${entry.stream}` : 'passed';
}

describe.skipIf(realServerCommand() === undefined)('on a real server, an operator’s', () => {
  test.each(HIDING)(
    '%s hides a stream, shows in the log, and is undone by empty metadata',
    async (_what, left, hide) => {
      await using world = openWorld((await sharedEventStoreUrl())!);
      const { store, client, inStore } = world;
      await store.append(STREAM, 'no-stream', newEvents(5));
      await store.append('contract-b', 'no-stream', newEvents(1));
      const after = await store.end();
      await using subscription = subscribe(store, after);
      await hide(client, inStore(STREAM));
      expect(await store.visibility(STREAM)).toBe('hidden');
      expect((await collect(store.readStream(STREAM))).map(({ revision }) => revision)).toEqual(left);
      expect(await store.visibility('contract-b')).toBe('whole');
      expect(await log(store, after)).toEqual([`visibility of ${STREAM}`]);
      await expect.poll(() => subscription.entries).toEqual([`visibility of ${STREAM}`]);
      // Once is enough but for a soft deletion, where the first time writes a limit again.
      for (let i = 0; i < 2; i += 1) await client.setStreamMetadata(inStore(STREAM), {});
      expect(await store.visibility(STREAM)).toBe('whole');
      expect(await collect(store.readStream(STREAM))).toHaveLength(5);
      // The server may have written a limit of its own in between.
      await expect.poll(() => subscription.entries.length).toBeGreaterThanOrEqual(3);
      expect(new Set(subscription.entries)).toEqual(new Set([`visibility of ${STREAM}`]));
    },
  );

  test('tombstone removes one stream for good, and no other one', async () => {
    await using world = openWorld((await sharedEventStoreUrl())!);
    const { store, client, inStore } = world;
    await store.append(STREAM, 'no-stream', newEvents(5));
    const after = await store.end();
    await using subscription = subscribe(store, after);
    await client.tombstoneStream(inStore(STREAM));
    expect(await store.visibility(STREAM)).toBe('removed');
    expect(await collect(store.readStream(STREAM))).toEqual([]);
    expect(await collect(store.readStream(STREAM, { direction: 'backwards', limit: 1 }))).toEqual([]);
    await expect(store.append(STREAM, 4, newEvents(1))).rejects.toMatchObject({
      kind: 'refused',
      code: 'stream-removed',
      data: { stream: STREAM },
    });
    await store.append('contract-b', 'no-stream', newEvents(1));
    const expected = [`visibility of ${STREAM}`, 'contract-b@0'];
    expect(await log(store, after)).toEqual(expected);
    await expect.poll(() => subscription.entries).toEqual(expected);
    // Not an event of ours by any way of reading.
    expect((await collect(store.readAll())).map(({ type }) => type)).toEqual(Array(6).fill('Tested'));
    const [last] = await collect(store.readAll({ direction: 'backwards', limit: 1 }));
    for (let at = last!.position - 1n; at > last!.position - 400n && at > after!; at -= 1n) {
      expect(await store.eventAt(at)).toBeUndefined();
    }
  });

  test('link in one of our streams is no event of ours', async () => {
    await using world = openWorld((await sharedEventStoreUrl())!);
    const { store, client, inStore } = world;
    await store.append(STREAM, 'no-stream', newEvents(1));
    const link = { ...jsonEvent({ type: '$>', data: {} }), data: `0@${inStore(STREAM)}` };
    await client.appendToStream(inStore(STREAM), link);
    await store.append(STREAM, 1, newEvents(1));
    expect((await collect(store.readStream(STREAM))).map(({ revision }) => revision)).toEqual([0, 2]);
    expect(await log(store, undefined)).toEqual([`${STREAM}@0`, `${STREAM}@2`]);
  });

  test('deletions stay what they were after a scavenge', async () => {
    await using server = await startEventStoreServer({ storage: 'disk' });
    await using world = openWorld(server.url);
    const { store, client, inStore } = world;
    const streams = HIDING.map(([what]) => `contract-${what.replace(/\W/g, '')}`);
    for (const stream of [...streams, 'contract-tombstone', 'contract-whole']) {
      await store.append(stream, 'no-stream', newEvents(5));
    }
    for (const [i, [, , hide]] of HIDING.entries()) await hide(client, inStore(streams[i]!));
    await client.tombstoneStream(inStore('contract-tombstone'));
    const seen = () =>
      Promise.all([...streams, 'contract-tombstone', 'contract-whole'].map((each) => store.visibility(each)));
    const expected = ['hidden', 'hidden', 'hidden', 'removed', 'whole'];
    expect(await seen()).toEqual(expected);
    await server.scavenge();
    expect(await seen()).toEqual(expected);
    const left = (await collect(store.readAll())).filter(({ stream }) => stream === 'contract-whole');
    expect(left).toHaveLength(5);
  });
});

describe.skipIf(realServerCommand() === undefined)('the identity of a store on a real server', () => {
  test('is the same for ten who open an empty store at once [events-identity]', async () => {
    const url = (await sharedEventStoreUrl())!;
    for (let round = 0; round < 5; round += 1) {
      const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
      const stores = Array.from({ length: 10 }, () => openEventStoreDb({ url, streamPrefix, streams: [], logger }));
      const identities = await Promise.all(stores.map((store) => store.identity()));
      expect(new Set(identities).size).toBe(1);
      await using late = openEventStoreDb({ url, streamPrefix, streams: [], logger });
      expect(await late.identity()).toBe(identities[0]);
      await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
    }
  });

  test('that is hidden is reported with the undo, and is the old one afterwards', async () => {
    await using world = openWorld((await sharedEventStoreUrl())!);
    const { store, client, inStore } = world;
    const identity = await store.identity();
    await client.deleteStream(inStore('metamcp-store'));
    // A process that knew it before reports it, too, and stores nothing in a stream that was deleted.
    await expect(store.check()).rejects.toMatchObject({ code: 'event-store-identity-hidden' });
    await using other = reopen(world);
    await expect(other.identity()).rejects.toMatchObject({ kind: 'unavailable', code: 'event-store-identity-hidden' });
    await expect(other.check()).rejects.toMatchObject({ code: 'event-store-identity-hidden' });
    for (let i = 0; i < 2; i += 1) await client.setStreamMetadata(inStore('metamcp-store'), {});
    expect(await other.identity()).toBe(identity);
  });

  test('that is removed gives way to a new one, for all', async () => {
    await using world = openWorld((await sharedEventStoreUrl())!);
    const { store, client, inStore } = world;
    const identities = [await store.identity()];
    for (const stream of ['metamcp-store', 'metamcp-store-1']) {
      await client.tombstoneStream(inStore(stream));
      await using one = reopen(world);
      await using other = reopen(world);
      const found = await Promise.all([one.identity(), other.identity()]);
      expect(found[0]).toBe(found[1]);
      identities.push(found[0]);
      await one.check();
    }
    expect(new Set(identities).size).toBe(3);
  });

  test('is not stored again by who asks whether the store takes appends', async () => {
    await using server = await startEventStoreServer();
    await using world = openWorld(server.url);
    const { store } = world;
    await store.check();
    const end = await store.end();
    for (let i = 0; i < 20; i += 1) await store.check();
    expect(await store.end()).toBe(end);
  });
});
