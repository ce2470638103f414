import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendUntilKnown } from '../../src/events/appendOutcome.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openEventStoreDb, type EventStoreDbOptions } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, ids, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import type { Fault } from '../support/eventStoreDb/faults.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let store: EventStore;
beforeEach(async () => {
  server = await openWireServer();
  store = open();
});
afterEach(async () => {
  server.faults.release();
  await store[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<EventStoreDbOptions> = {}): EventStore {
  const logger = createLogger('silent');
  return openEventStoreDb({ url: server.url, streams: ['contract-'], logger, appendDeadlineMs: 400, ...options });
}

const UNKNOWN: readonly (readonly [string, Fault])[] = [
  ['the connection breaks before it is stored', { fault: 'drop', when: 'before' }],
  ['the connection breaks after it was stored', { fault: 'drop', when: 'after' }],
  ['the server never answers', { fault: 'hang', when: 'before' }],
  ['the server stores it and never answers', { fault: 'hang', when: 'after' }],
  ['the server times out', { fault: 'refuse', error: 'timeout' }],
  ['the server is too busy', { fault: 'refuse', error: 'too-busy' }],
  ['the server fails', { fault: 'refuse', error: 'internal' }],
];

const NOT_SENT: readonly (readonly [string, Fault])[] = [
  ['is not ready', { fault: 'refuse', error: 'not-ready' }],
  ['knows no leader', { fault: 'refuse', error: 'no-leader' }],
  ['is not the leader', { fault: 'refuse', error: 'not-leader' }],
];

describe.each(NOT_SENT)('an append to a server that %s', (_what, fault) => {
  test('is sent again as soon as that is over', async () => {
    const stream = newStream();
    server.faults.next('append', fault, 3);
    expect(await store.append(stream, 'no-stream', newEvents(2))).toMatchObject({ revision: 1 });
  });

  test('was certainly not stored when that lasts too long [events-outcome-truthful]', async () => {
    await using hasty = open({ retryForMs: 300 });
    server.faults.next('append', fault, 1_000);
    await expect(hasty.append(newStream(), 'no-stream', newEvents(2))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'event-store-unavailable',
    });
  });
});

describe.each(UNKNOWN)('an append during which %s', (_what, fault) => {
  test('has an unknown outcome [events-outcome-truthful]', async () => {
    const stream = newStream();
    await appendUntilKnown(store, stream, 'no-stream', newEvents(1));
    server.faults.next('append', fault);
    await expect(store.append(stream, 0, newEvents(2))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'append-outcome-unknown',
    });
  });

  test('happens once when it is sent again with the same ids [events-retry-once]', async () => {
    const stream = newStream();
    const events = newEvents(3);
    server.faults.next('append', fault);
    const { revision, position } = await appendUntilKnown(store, stream, 'no-stream', events);
    const read = await collect(store.readStream(stream));
    expect(ids(read)).toEqual(ids(events));
    expect([revision, position]).toEqual([2, read[2]?.position]);
  });
});

describe('an append', () => {
  // Nothing here waits for a deadline, and a slow machine shall not meet it.
  beforeEach(async () => {
    await store[Symbol.asyncDispose]();
    store = open({ appendDeadlineMs: 60_000 });
  });

  test('that is only slow succeeds', async () => {
    const stream = newStream();
    server.faults.next('append', { fault: 'delay', ms: 150 });
    expect(await store.append(stream, 'no-stream', newEvents(1))).toMatchObject({ revision: 0 });
  });

  test('of many at once while the server dies and comes back is stored once or not at all [events-retry-once]', async () => {
    const streams = Array.from({ length: 20 }, newStream);
    const restarts: Promise<void>[] = [];
    server.faults.next('append', { fault: 'delay', ms: 1 }, 7);
    server.faults.next('append', {
      fault: 'run',
      when: 'after',
      action: () => restarts.push(server.crash().then(() => server.start())),
    });
    const written = await Promise.all(
      streams.map(async (stream) => {
        const events = newEvents(2);
        await appendUntilKnown(store, stream, 'no-stream', events);
        return ids(events);
      }),
    );
    await Promise.all(restarts);
    expect(restarts).toHaveLength(1);
    for (const [i, stream] of streams.entries())
      expect(ids(await collect(store.readStream(stream)))).toEqual(written[i]);
  });

  test('is not touched by what happens to another store of the process', async () => {
    await using other = await openWireServer();
    await using doomed = openEventStoreDb({ url: other.url, streams: ['contract-'], logger: createLogger('silent') });
    const stream = newStream();
    await Promise.all([store, doomed].map((each) => each.append(stream, 'no-stream', newEvents(1))));
    other.faults.next('append', { fault: 'hang', when: 'before' });
    const lost = expect(doomed.append(stream, 0, newEvents(1))).rejects.toMatchObject({
      code: 'append-outcome-unknown',
    });
    server.faults.next('append', { fault: 'delay', ms: 200 });
    const kept = store.append(stream, 0, newEvents(1));
    await expect.poll(() => other.faults.held).toBe(1);
    await other.crash();
    await lost;
    expect(await kept).toMatchObject({ revision: 1 });
  });

  test('outlives a server that asks its clients to go elsewhere', async () => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    server.goAway(50);
    await appendUntilKnown(store, stream, 0, newEvents(1));
    expect(await collect(store.readStream(stream))).toHaveLength(2);
  });

  test('works on a server that takes one append a call', async () => {
    await using old = await openWireServer({ supportsBatchAppend: false });
    await using other = openEventStoreDb({ url: old.url, streams: ['contract-'], logger: createLogger('silent') });
    const stream = newStream();
    const first = await other.append(stream, 'no-stream', newEvents(2));
    expect(first.position).toBe((await collect(other.readStream(stream)))[1]?.position);
    await expect(other.append(stream, 'no-stream', newEvents(1))).rejects.toMatchObject({
      code: 'wrong-expected-revision',
      data: { actual: 1 },
    });
  });

  test('to a stream that was deleted for good is refused by its name', async () => {
    server.faults.next('append', { fault: 'refuse', error: 'stream-deleted' });
    await expect(store.append('contract-x', 'no-stream', newEvents(1))).rejects.toMatchObject({
      kind: 'refused',
      code: 'stream-removed',
      data: { stream: 'contract-x' },
    });
  });

  test('of a user who may not append says so, and that nothing was stored', async () => {
    server.faults.next('append', { fault: 'refuse', error: 'access-denied' });
    await expect(store.append(newStream(), 'no-stream', newEvents(1))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'event-store-access-denied',
    });
  });

  test('that the server is configured to find too large is refused', async () => {
    await using strict = await openWireServer({ maxAppendSizeBytes: 1_000 });
    await using other = openEventStoreDb({ url: strict.url, streams: ['contract-'], logger: createLogger('silent') });
    const large = newEvents(1).map((event) => ({ ...event, data: { text: 'x'.repeat(2_000) } }));
    await expect(other.append(newStream(), 'no-stream', large)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'append-too-large',
    });
  });

  test('is refused once the store is closed, and those under way are settled before', async () => {
    const closing = open();
    const streams = Array.from({ length: 10 }, newStream);
    const appends = streams.map((stream) => closing.append(stream, 'no-stream', newEvents(1)));
    await closing[Symbol.asyncDispose]();
    expect(await Promise.all(appends)).toHaveLength(10);
    await expect(closing.append(newStream(), 'no-stream', newEvents(1))).rejects.toMatchObject({
      code: 'event-store-closed',
    });
  });
});
