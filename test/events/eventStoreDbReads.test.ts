import { EventStoreDBClient, binaryEvent, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { openEventStoreDb, type EventStoreDbOptions } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, follow, ids, outOfOrder, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { PAGE_EVENTS } from '../support/eventStoreDb/allPage.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

const logger = createLogger('silent');
let server: WireServer;
let store: EventStore;
beforeEach(async () => {
  server = await openWireServer({ systemTraffic: true });
  store = open();
});
afterEach(async () => {
  server.faults.release();
  await store[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<EventStoreDbOptions> = {}): EventStore {
  return openEventStoreDb({
    url: server.url,
    streams: ['contract-'],
    logger,
    readDeadlineMs: 300,
    pollMs: 100,
    ...options,
  });
}

async function fill(events: number): Promise<string> {
  const stream = newStream();
  await store.append(stream, 'no-stream', newEvents(events));
  return stream;
}

/** What a reading brings before it fails. */
async function readUntilFailure(events: AsyncIterable<RecordedEvent>): Promise<{ read: number; error: unknown }> {
  let read = 0;
  try {
    for await (const event of events) {
      expect(event.revision).toBe(read);
      read += 1;
    }
    return { read, error: undefined };
  } catch (error) {
    return { read, error };
  }
}

describe('a read', () => {
  const unavailable = { kind: 'unavailable', code: 'event-store-unavailable' };

  test('that breaks before it brought anything is made once more', async () => {
    const stream = await fill(3);
    server.faults.next('read', { fault: 'drop', when: 'before' });
    expect(await collect(store.readStream(stream))).toHaveLength(3);
  });

  test('that breaks in the middle goes on where it broke, both ways', async () => {
    const stream = await fill(30);
    server.faults.next('read', { fault: 'break', afterEvents: 10 }, 2);
    expect((await collect(store.readStream(stream))).map(({ revision }) => revision)).toEqual([...Array(30).keys()]);
    server.faults.next('read', { fault: 'break', afterEvents: 10 }, 2);
    const back = await collect(store.readStream(stream, { direction: 'backwards', limit: 28 }));
    expect(back.map(({ revision }) => revision)).toEqual([...Array(30).keys()].slice(2).reverse());
  });

  test('that can’t go on says so, and never that the stream ends there', async () => {
    await using hasty = open({ retryForMs: 0 });
    const stream = await fill(30);
    server.faults.next('read', { fault: 'break', afterEvents: 10 });
    const { read, error } = await readUntilFailure(hasty.readStream(stream));
    expect(error).toMatchObject(unavailable);
    expect(read).toBeLessThanOrEqual(10);
  });

  test.each([
    ['never answers', { fault: 'hang', when: 'before' }, 0],
    ['falls silent in the middle', { fault: 'stall', afterEvents: 4 }, 4],
  ] as const)('gives up on a server that %s', async (_what, fault, expected) => {
    await using hasty = open({ retryForMs: 0 });
    const stream = await fill(9);
    server.faults.next('read', fault);
    const { read, error } = await readUntilFailure(hasty.readStream(stream));
    expect([read, error]).toEqual([expected, expect.objectContaining(unavailable)]);
  });

  test('fails soon when the server is down, and works when it is back', async () => {
    await using hasty = open({ retryForMs: 100 });
    const stream = await fill(2);
    await server.crash();
    for (const read of [hasty.readStream(stream), hasty.readAll(), hasty.readAll({ direction: 'backwards' })]) {
      expect((await readUntilFailure(read)).error).toMatchObject(unavailable);
    }
    await expect(hasty.check()).rejects.toMatchObject(unavailable);
    await expect(hasty.end()).rejects.toMatchObject(unavailable);
    await server.start();
    expect(await collect(hasty.readStream(stream))).toHaveLength(2);
    await hasty.check();
  });

  test('of a consumer that takes its time is not cut off', async () => {
    const stream = await fill(2_000);
    let read = 0;
    for await (const event of store.readStream(stream)) {
      if (event.revision === 5) await new Promise((resolve) => setTimeout(resolve, 700));
      read += 1;
    }
    expect(read).toBe(2_000);
  });

  test('leaves nothing open at the server when the reader stops early', async () => {
    const stream = await fill(5_000);
    for (let i = 0; i < 50; i += 1) for await (const event of store.readStream(stream)) if (event.revision > 3) break;
    // The client waits for whatever is open.
    await store[Symbol.asyncDispose]();
    store = open();
  });

  test('of all events sees ours only, whatever else is in the store', async () => {
    const [a, b] = [await fill(3), await fill(4)];
    const all = await collect(store.readAll());
    expect(all.map(({ stream }) => stream)).toEqual([...Array<string>(3).fill(a), ...Array<string>(4).fill(b)]);
    expect(await collect(store.readAll({ after: all[2]!.position, limit: 2 }))).toEqual(all.slice(3, 5));
    expect(await collect(store.readAll({ after: all.at(-1)!.position }))).toEqual([]);
    // The last record is another program's.
    expect(await store.end()).toBeGreaterThan(all.at(-1)!.position);
    await using client = openClient(server.url);
    const strangers = await Array.fromAsync(client.readAll({ maxCount: 1_000 }));
    expect(strangers.length).toBeGreaterThan(all.length + 5);
  });

  test('finds what comes after a long stretch of strangers’ events', async () => {
    await fill(1);
    const last = await store.end();
    await using client = openClient(server.url);
    for (let round = 0; round < 3; round += 1) {
      const foreign = Array.from({ length: 500 }, () => jsonEvent({ type: 'Foreign', data: {} }));
      await client.appendToStream('other-stream', foreign);
      expect(await collect(store.readAll({ after: last! }))).toHaveLength(round);
      const stream = await fill(1);
      expect((await collect(store.readAll({ after: last! }))).at(-1)?.stream).toBe(stream);
    }
  });

  test('shows what another program put into our streams as something that no schema fits', async () => {
    await using client = openClient(server.url);
    const data = Buffer.from([0, 255, 1]);
    await client.appendToStream('contract-odd', [
      binaryEvent({ type: 'Odd', data }),
      jsonEvent({ type: 'Odd', data: 'text' }),
    ]);
    const read = await collect(store.readStream('contract-odd'));
    expect(read.map(({ data: each }) => each)).toEqual([
      { 'not a JSON object': data.toString('base64') },
      { 'not a JSON object': Buffer.from('"text"').toString('base64') },
    ]);
  });
});

describe('a subscription', () => {
  /** Follows while `disturb` does its worst and events are appended; nothing may be lost, repeated or reordered. */
  async function survives(disturb: () => unknown, options: Partial<EventStoreDbOptions> = {}): Promise<void> {
    await using reader = open(options);
    const stream = newStream();
    const start = await store.end();
    await using follower = follow(reader, start, stream);
    await store.append(stream, 'no-stream', newEvents(3));
    await follower.reaches(3);
    await disturb();
    for (let i = 0; i < 10; i += 1) {
      for (;;) {
        // The writer is disturbed, too.
        const written = (await collect(store.readStream(stream)).catch(() => undefined))?.length;
        if (written === undefined) continue;
        if (written > 3 + i) break;
        await store.append(stream, written - 1, newEvents(1)).catch(() => undefined);
      }
    }
    await follower.reaches(13);
    expect(ids(follower.events)).toEqual(ids(await collect(store.readStream(stream))));
    expect(outOfOrder(follower.events)).toEqual([]);
  }

  test('misses nothing that is stored where the server has reported to be already [events-none-lost]', async () => {
    // A page of the server that is just full is followed by an empty one, whose checkpoint is where the next event will be.
    for (let full = 1; full <= PAGE_EVENTS + 1; full++) {
      const start = await store.end();
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(full));
      await using follower = follow(store, start, stream);
      await follower.reaches(full);
      await store.append(stream, full - 1, newEvents(1));
      await follower.reaches(full + 1);
    }
  });
  test('goes on after the server was restarted [events-none-lost]', async () => {
    await survives(async () => {
      await server.stop();
      await server.start();
    });
  });
  test('goes on after the server died and stayed away for a while [events-none-lost]', async () => {
    await survives(async () => {
      await server.crash();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await server.start();
    });
  });
  test('goes on after its connection was cut, again and again [events-none-lost]', async () => {
    await survives(() => {
      server.faults.next('subscribe', { fault: 'break', afterEvents: 1 }, 4);
      server.cut();
    });
  });
  test('goes on after the server asked its clients to go elsewhere [events-none-lost]', async () => {
    await survives(() => server.goAway(50));
  });
  test('goes on when the server does not confirm it [events-none-lost]', async () => {
    await survives(() => {
      server.faults.next('subscribe', { fault: 'hang', when: 'before' }, 2);
      server.cut();
    });
  });
  test('goes on when it falls silent while its connection lives [events-none-lost]', async () => {
    await survives(() => {
      server.faults.next('subscribe', { fault: 'stall', afterEvents: 2 }, 2);
      server.cut();
    });
  });
  test.each(['access-denied', 'not-ready', 'unavailable', 'internal', 'unknown', 'no-leader'] as const)(
    'goes on when it is refused for a while: %s [events-none-lost]',
    async (error) => {
      await survives(() => {
        server.faults.next('subscribe', { fault: 'refuse', error }, 2);
        server.cut();
      });
    },
  );
});

/** The official client, for what our store does not do. */
function openClient(url: string): EventStoreDBClient & AsyncDisposable {
  const client = EventStoreDBClient.connectionString(url);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.dispose() });
}
