import {
  eventTypeFilter,
  StreamDeletedError,
  streamNameFilter,
  UnknownError,
  type Position,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { writeTraffic } from '../support/eventStoreDb/systemTraffic.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeAll(async () => {
  server = await openWireServer();
  client = openClient(server.url);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('a subscription to a stream', () => {
  test('catches up, says so, and follows', async () => {
    await client.appendToStream('followed', numberedEvents(40));
    const subscription = client.subscribeToStream('followed');
    let caughtUp = 0;
    subscription.on('caughtUp', () => caughtUp++);
    const seen: bigint[] = [];
    for await (const { event } of subscription) {
      if (seen.push(event!.revision) === 40) await client.appendToStream('followed', numberedEvents(3));
      if (seen.length === 43) break;
    }
    expect(seen).toEqual(Array.from({ length: 43 }, (_, index) => BigInt(index)));
    expect(caughtUp).toBe(1);
    expect(subscription.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('begins after the revision it names', async () => {
    await client.appendToStream('resumed', numberedEvents(5));
    const events = await collect(client.subscribeToStream('resumed', { fromRevision: 2n }), 2);
    expect(events.map(({ event }) => event!.revision)).toEqual([3n, 4n]);
  });

  test('may begin at the end, or before its stream does', async () => {
    await client.appendToStream('ended', numberedEvents(2));
    const [fromEnd, fromNothing] = [
      client.subscribeToStream('ended', { fromRevision: 'end' }),
      client.subscribeToStream('to-come'),
    ];
    for (const [stream, subscription] of [['ended', fromEnd] as const, ['to-come', fromNothing] as const]) {
      const first = collect(subscription, 1);
      await vi.waitFor(() => expect(subscription.id).toBeDefined());
      await client.appendToStream(stream, numbered(7));
      expect((await first)[0]!.event!.data).toEqual({ number: 7 });
    }
  });

  test('ends with an error when its stream is deleted for good', async () => {
    await client.appendToStream('doomed', numbered(0));
    const seen: string[] = [];
    const following = (async () => {
      for await (const { event } of client.subscribeToStream('doomed')) {
        seen.push(event!.type);
        if (seen.length === 1) await client.tombstoneStream('doomed');
      }
    })();
    await expect(following).rejects.toBeInstanceOf(StreamDeletedError);
    expect(seen).toEqual(['Numbered', '$streamDeleted']);
    await expect(collect(client.subscribeToStream('doomed'))).rejects.toBeInstanceOf(StreamDeletedError);
  });
});

describe('a subscription to all events', () => {
  test('begins after the position it names', async () => {
    const [first, second, third] = await collect(client.readAll({ maxCount: 3 }));
    const events = await collect(client.subscribeToAll({ fromPosition: first!.event!.position }), 2);
    expect(events.map(({ event }) => event!.id)).toEqual([second!.event!.id, third!.event!.id]);
  });

  test('from a position that is still to come sees only what lies beyond it', async () => {
    const ahead = BigInt(server.history.log.end) + 5_000n;
    const subscription = client.subscribeToAll({ fromPosition: { commit: ahead, prepare: ahead } });
    const first = collect(subscription, 1);
    await vi.waitFor(() => expect(subscription.id).toBeDefined());
    for (let number = 0; number < 100; number++) await client.appendToStream('ahead', numbered(number));
    expect((await first)[0]!.event!.position.commit).toBeGreaterThan(ahead);
  });

  test('from where no event begins is refused', async () => {
    const [first] = await collect(client.readAll({ maxCount: 1 }));
    const { commit } = first!.event!.position;
    const between = { commit: commit + 1n, prepare: commit + 1n };
    await expect(collect(client.subscribeToAll({ fromPosition: between }))).rejects.toBeInstanceOf(UnknownError);
  });
});

describe('a filtered subscription', () => {
  /** Subscribes with a narrow window and notes everything in the order it comes. */
  async function watch(
    until: (log: string[]) => boolean,
    from?: Position,
  ): Promise<{ log: string[]; checkpoints: Position[] }> {
    const log: string[] = [];
    const checkpoints: Position[] = [];
    const filter = streamNameFilter({
      prefixes: ['mine-'],
      maxSearchWindow: 10,
      checkpointInterval: 2,
      checkpointReached: async (_, position) => {
        log.push('checkpoint');
        checkpoints.push(position);
      },
    });
    const subscription = client.subscribeToAll({ filter, ...(from && { fromPosition: from }) });
    subscription.on('confirmation', () => log.push('confirmation')).on('caughtUp', () => log.push('caughtUp'));
    subscription.on('data', ({ event }) => log.push(event!.streamId));
    await vi.waitFor(() => expect(until(log)).toBe(true));
    await subscription.unsubscribe();
    return { log, checkpoints };
  }

  test('hears only what its filter lets through', async () => {
    writeTraffic(server.history, 20);
    await client.appendToStream('mine-1', numbered(0, 'Wanted'));
    writeTraffic(server.history, 20);
    const byType = client.subscribeToAll({ filter: eventTypeFilter({ prefixes: ['Wanted'] }) });
    const byName = client.subscribeToAll({ filter: streamNameFilter({ regex: '^mine-\\d+$' }) });
    for (const subscription of [byType, byName]) {
      expect((await collect(subscription, 1))[0]!.event).toMatchObject({ streamId: 'mine-1' });
    }
  });

  test('hears where it stands after so many events, and when it has caught up', async () => {
    const { log, checkpoints } = await watch((entries) => entries.includes('caughtUp'));
    expect(log[0]).toBe('confirmation');
    expect(log.slice(-2)).toEqual(['checkpoint', 'caughtUp']);
    expect(checkpoints.length).toBeGreaterThanOrEqual(Math.floor(server.history.log.count / 20));
    expect(checkpoints.every(({ commit }, index) => index === 0 || commit > checkpoints[index - 1]!.commit)).toBe(true);
  });

  test('may be told a place at which an event it has not seen begins', async () => {
    // Where a page of the log ended: `prepare` 0 says that the event there is still to come.
    writeTraffic(server.history, 10 - (server.history.log.count % 10));
    const { checkpoints } = await watch((entries) => entries.includes('caughtUp'));
    const { commit, prepare } = checkpoints.at(-1)!;
    expect([Number(commit), Number(prepare)]).toEqual([server.history.log.end, 0]);
    const { position } = await client.appendToStream('mine-2', numbered(1));
    expect(position).toEqual({ commit, prepare: commit });
    // Resumed with both numbers it misses nothing; with the first in place of both it would.
    const { log } = await watch((entries) => entries.includes('mine-2'), { commit, prepare });
    expect(log).toContain('mine-2');
    const missed = await watch((entries) => entries.includes('caughtUp'), { commit, prepare: commit });
    expect(missed.log).not.toContain('mine-2');
  });

  test('goes on hearing where it stands while only strangers write', async () => {
    const heard: Position[] = [];
    const filter = streamNameFilter({
      prefixes: ['never-'],
      maxSearchWindow: 5,
      checkpointReached: async (_, position) => void heard.push(position),
    });
    const subscription = client.subscribeToAll({ filter, fromPosition: 'end' });
    subscription.on('data', () => undefined);
    await vi.waitFor(() => expect(subscription.id).toBeDefined());
    writeTraffic(server.history, 10);
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(Number(heard[1]!.commit)).toBe(server.history.log.lastPosition);
    await subscription.unsubscribe();
  });
});

test.each(['a stream', 'all events'])(
  'what is appended while a subscription to %s catches up is sent as well',
  async (which) => {
    await using busy = await openWireServer();
    await using reader = openClient(busy.url);
    await reader.appendToStream('meanwhile', numberedEvents(20));
    busy.faults.next('subscribe', { fault: 'stall', afterEvents: 10 });
    const subscription = which === 'a stream' ? reader.subscribeToStream('meanwhile') : reader.subscribeToAll();
    const seen = collect<{ event?: { revision: bigint } }>(subscription, 25);
    await vi.waitFor(() => expect(busy.faults.held).toBe(1));
    await reader.appendToStream('meanwhile', numberedEvents(5));
    busy.faults.release();
    expect((await seen).map(({ event }) => Number(event!.revision))).toEqual(Array.from({ length: 25 }, (_, i) => i));
  },
);

test('a subscriber who falls more than 32 live events behind is told when it has caught up again', async () => {
  await using busy = await openWireServer();
  await using reader = openClient(busy.url);
  await using writer = openClient(busy.url);
  const subscription = reader.subscribeToAll();
  let caughtUp = 0;
  subscription.on('caughtUp', () => caughtUp++);
  subscription.on('data', () => undefined);
  await vi.waitFor(() => expect(caughtUp).toBe(1));
  await writer.appendToStream('few', numberedEvents(32));
  await writer.appendToStream('many', numberedEvents(33));
  await vi.waitFor(() => expect(caughtUp).toBe(2));
  await subscription.unsubscribe();
});

test('a subscriber who is slow is neither sent more than it takes nor loses anything', async () => {
  await using large = await openWireServer();
  const text = Buffer.from(JSON.stringify({ text: 'x'.repeat(20_000) }));
  for (let index = 0; index < 2_000; index++) {
    const id = crypto.randomUUID();
    large.history.append('large', 'any', [{ id, type: 'Large', isJson: true, data: text, metadata: Buffer.alloc(0) }]);
  }
  await using slow = openClient(large.url);
  const subscription = slow.subscribeToAll();
  let caughtUp = 0;
  subscription.on('caughtUp', () => caughtUp++);
  const seen: bigint[] = [];
  for await (const { event } of subscription) {
    if (seen.push(event!.revision) === 1) {
      // 40 MB wait; only what the network and the client can hold has left the history.
      for (let index = 0; index < 100; index++) await new Promise(setImmediate);
      expect(large.eventsSent).toBeLessThan(300);
      expect(caughtUp).toBe(0);
    }
    if (seen.length === 2_000) break;
  }
  expect(seen).toEqual(Array.from({ length: 2_000 }, (_, index) => BigInt(index)));
});
