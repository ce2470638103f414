import { describe, expect, test } from 'vitest';
import type { EventStore, LogEntry } from '../../src/events/eventStore.ts';
import {
  collect,
  ids,
  newEvents,
  newStream,
  type EventStoreFixture,
  type EventStoreTraits,
} from './eventStoreFixture.ts';

export function logContract(
  given: () => { fixture: EventStoreFixture; store: EventStore },
  { countsConnections = false }: EventStoreTraits,
): void {
  scanContract(() => given().store);
  placeContract(() => given().store);
  connectionContract(given, countsConnections);
}

function scanContract(store: () => EventStore): void {
  describe('scanning', () => {
    test('brings every event beyond a position in order, and reaches the end that was there', async () => {
      const stream = newStream();
      const { position: after } = await store().append(stream, 'no-stream', newEvents(1));
      const events = newEvents(700);
      await store().append(stream, 0, events);
      const end = await store().end();
      const entries = await Array.fromAsync(store().scan({ after }));
      expect(ids(eventsIn(entries, stream))).toEqual(ids(events));
      expect(entries.at(-1)!.position).toBeGreaterThanOrEqual(end!);
      expect(entries).toEqual(entries.toSorted((a, b) => (a.position < b.position ? -1 : 1)));
      expect(new Set(entries.map(({ position }) => position)).size).toBe(entries.length);
    });

    test('that is cut off goes on from the last entry taken', async () => {
      const stream = newStream();
      const { position: after } = await store().append(stream, 'no-stream', newEvents(1));
      const events = newEvents(50);
      await store().append(stream, 0, events);
      const taken: LogEntry[] = [];
      // Ever a few more, as who is killed again and again.
      for (let step = 1; eventsIn(taken, stream).length < 50; step += 1) {
        let left = step;
        for await (const entry of store().scan({ after: taken.at(-1)?.position ?? after })) {
          taken.push(entry);
          left -= 1;
          if (left === 0) break;
        }
      }
      expect(ids(eventsIn(taken, stream))).toEqual(ids(events));
    });

    test('ends although others append meanwhile, and yields nothing where there is nothing', async () => {
      const stream = newStream();
      const { position: after } = await store().append(stream, 'no-stream', newEvents(1));
      let { revision } = await store().append(stream, 0, newEvents(20));
      const end = await store().end();
      for await (const { position } of store().scan({ after })) {
        expect(position).toBeLessThanOrEqual(end!);
        ({ revision } = await store().append(stream, revision, newEvents(2)));
      }
      expect(await Array.fromAsync(store().scan({ after: (await store().end())! }))).toEqual([]);
    });

    test('obeys its signal, before it begins and between two entries', async () => {
      const stream = newStream();
      await store().append(stream, 'no-stream', newEvents(30));
      const reason = new Error('enough');
      await expect(Array.fromAsync(store().scan({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
      const abort = new AbortController();
      let entries = 0;
      const scanning = (async () => {
        for await (const entry of store().scan({ signal: abort.signal })) {
          entries += 1;
          expect(entry).toBeDefined();
          abort.abort(reason);
        }
      })();
      await expect(scanning).rejects.toBe(reason);
      expect(entries).toBe(1);
    });
  });
}

function placeContract(store: () => EventStore): void {
  describe('one place', () => {
    test('is read by its position, and by no other', async () => {
      const stream = newStream();
      await store().append(stream, 'no-stream', newEvents(3));
      const events = await collect(store().readStream(stream));
      for (const event of events) expect(await store().eventAt(event.position)).toEqual(event);
      expect(await store().eventAt((await store().end())! + 1n)).toBeUndefined();
      expect(await store().eventAt((await store().end())! + 1_000_000n)).toBeUndefined();
      expect(await store().eventAt(-1n)).toBeUndefined();
      const { position: next } = await store().append(stream, 2, newEvents(1));
      for (
        let position = events[2]!.position + 1n;
        position < next && position < events[2]!.position + 5n;
        position += 1n
      ) {
        expect(await store().eventAt(position)).toBeUndefined();
      }
    });

    test('a stream is whole when it exists, and absent when it does not', async () => {
      const stream = newStream();
      expect(await store().visibility(stream)).toBe('absent');
      await store().append(stream, 'no-stream', newEvents(2));
      expect(await store().visibility(stream)).toBe('whole');
    });
  });
}

function connectionContract(
  given: () => { fixture: EventStoreFixture; store: EventStore },
  countsConnections: boolean,
): void {
  describe('an append over one connection', () => {
    test('happens while that is the present one, and is not sent over another', async () => {
      const { store } = given();
      const stream = newStream();
      await store.end();
      const { connection } = store;
      await store.append(stream, 'no-stream', newEvents(1), { over: connection });
      await expect(store.append(stream, 0, newEvents(1), { over: connection + 1 })).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'connection-changed',
      });
      expect(await collect(store.readStream(stream))).toHaveLength(1);
    });

    test.runIf(countsConnections)('is not sent once that connection is lost', async ({ skip }) => {
      const { fixture, store } = given();
      const { cut } = fixture;
      if (cut === undefined) return skip('nothing here cuts its connections');
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      const { connection } = store;
      await cut();
      await expect.poll(() => store.connection).toBeGreaterThan(connection);
      await expect(store.append(stream, 0, newEvents(1), { over: connection })).rejects.toMatchObject({
        code: 'connection-changed',
      });
      await store.end();
      await store.append(stream, 0, newEvents(1), { over: store.connection });
      expect(await collect(store.readStream(stream))).toHaveLength(2);
    });
  });
}

function eventsIn(entries: readonly LogEntry[], stream: string) {
  return entries.flatMap((entry) => (entry.kind === 'event' && entry.event.stream === stream ? [entry.event] : []));
}
