import { eventsOf } from '../support/eventsOf.ts';
import { heapBytes } from '../support/heapBytes.ts';
import { describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import {
  collect,
  follow,
  ids,
  outOfOrder,
  newEvent,
  newEvents,
  newStream,
  type EventStoreFixture,
} from './eventStoreFixture.ts';

const MIB = 1_048_576;

export function subscriptionContract(given: () => { fixture: EventStoreFixture; store: EventStore }): void {
  describe('subscribing', () => {
    test('catches up, then follows', async () => {
      const { store } = given();
      const stream = newStream();
      const past = newEvents(700);
      await store.append(stream, 'no-stream', past);
      await using follower = follow(store, undefined, stream);
      await follower.reaches(700);
      const live = newEvents(3);
      for (const [i, event] of live.entries()) {
        await store.append(stream, 699 + i, [event]);
        await follower.reaches(701 + i);
      }
      expect(ids(follower.events)).toEqual(ids([...past, ...live]));
      expect(follower.events).toEqual(await collect(store.readStream(stream)));
    });

    test('follows what another process appends', async () => {
      const { fixture, store } = given();
      await using other = await fixture.open();
      const stream = newStream();
      await using follower = follow(store, await store.end(), stream);
      for (let i = 0; i < 3; i += 1) {
        await other.append(stream, i === 0 ? 'no-stream' : i - 1, newEvents(1));
        await follower.reaches(i + 1);
      }
    });

    test('resumes after any position', async () => {
      const { store } = given();
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(5));
      const events = await collect(store.readStream(stream));
      for (const [i, { position }] of events.entries()) {
        await using follower = follow(store, position, stream);
        await follower.reaches(4 - i);
        expect(follower.events).toEqual(events.slice(i + 1));
      }
    });

    test('loses, repeats and reorders nothing under 16 writers in 4 processes [events-none-lost]', async () => {
      const { fixture, store } = given();
      const start = await store.end();
      await using early = follow(store, start, 'contract-');
      const processes = await Promise.all(Array.from({ length: 4 }, async () => fixture.open()));
      const writers = Array.from({ length: 16 }, (_, i) => write(processes[i % 4]!, newStream(), 40));
      await early.reaches(300);
      // One that catches up while the others write.
      await using late = follow(processes[0]!, start, 'contract-');
      const written = (await Promise.all(writers)).flat();
      for (const follower of [early, late]) {
        await follower.reaches(written.length);
        expect(new Set(ids(follower.events))).toEqual(new Set(written));
        expect(follower.events).toHaveLength(written.length);
        expect(outOfOrder(follower.events)).toEqual([]);
      }
      await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    });

    test('ends when its signal is aborted, waiting, between two events, and before it began', async () => {
      const { store } = given();
      const abort = new AbortController();
      const waiting = collect(eventsOf(store.subscribe({ after: await store.end(), signal: abort.signal })));
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(3));
      await using follower = follow(store, undefined, stream);
      await follower.reaches(3);
      abort.abort();
      expect(ids(await waiting).length).toBeLessThanOrEqual(3);

      const between = new AbortController();
      let seen = 0;
      for await (const event of eventsOf(store.subscribe({ signal: between.signal }))) {
        expect(event).toBeDefined();
        seen += 1;
        between.abort();
      }
      expect(seen).toBe(1);
      expect(await collect(eventsOf(store.subscribe({ signal: AbortSignal.abort() })))).toEqual([]);
    });

    test('ends when its store is disposed of, and only then', async () => {
      const { fixture, store } = given();
      const other = await fixture.open();
      const start = await store.end();
      const ended = collect(eventsOf(other.subscribe({ after: start, signal: new AbortController().signal })));
      const stream = newStream();
      await using follower = follow(store, start, stream);
      await store.append(stream, 'no-stream', newEvents(1));
      await follower.reaches(1);
      await other[Symbol.asyncDispose]();
      expect((await ended).length).toBeLessThanOrEqual(1);
      await store.append(stream, 0, newEvents(1));
      await follower.reaches(2);
    });

    test('lets an append in the loop body through', async () => {
      const { store } = given();
      const stream = newStream();
      const abort = new AbortController();
      await store.append(stream, 'no-stream', newEvents(1));
      for await (const event of eventsOf(store.subscribe({ signal: abort.signal }))) {
        if (event.stream !== stream) continue;
        if (event.revision === 20) break;
        await store.append(stream, event.revision, newEvents(1));
      }
    });
  });
}

/** The last part: whoever reads the history from its beginning reads what this writes. */
export function backPressureContract(given: () => { fixture: EventStoreFixture; store: EventStore }): void {
  describe('subscribing', () => {
    test('reads no faster than its consumer takes [events-back-pressure]', async () => {
      const { store } = given();
      const start = await store.end();
      const stream = newStream();
      // 64 MB, of which a reader that waits holds what fits into its windows, on the wire and decoded.
      const count = 64;
      for (let i = 0; i < count; i += 1) {
        const text = String(i % 10).repeat(1_000_000);
        await store.append(stream, i === 0 ? 'no-stream' : i - 1, [newEvent({ text })]);
      }
      const before = heapBytes();
      const abort = new AbortController();
      const slow = eventsOf(store.subscribe({ after: start, signal: abort.signal }))[Symbol.asyncIterator]();
      const takeOne = async (): Promise<unknown> => {
        const next = await slow.next();
        return next.done === true ? undefined : next.value.revision;
      };
      const taken = [await takeOne()];
      // A quick one that has read all of it shows that there was time enough to read ahead.
      let quick = 0;
      for await (const event of eventsOf(store.subscribe({ after: start, signal: abort.signal }))) {
        if (event.revision === count - 1) break;
        quick += 1;
      }
      expect(quick).toBe(count - 1);
      // Buffers are given back some time after a collection.
      await expect.poll(() => heapBytes() - before, { timeout: 60_000 }).toBeLessThan(24 * MIB);
      while (taken.length < count) taken.push(await takeOne());
      expect(taken).toEqual(Array.from({ length: count }, (_, i) => i));
      abort.abort();
    });
  });
}

/** Appends batches of one to three events, one after the other. @returns their ids */
async function write(store: EventStore, stream: string, appends: number): Promise<string[]> {
  const written: string[] = [];
  for (let i = 0; i < appends; i += 1) {
    const events = newEvents(1 + (i % 3));
    await store.append(stream, written.length === 0 ? 'no-stream' : written.length - 1, events);
    written.push(...ids(events));
  }
  return written;
}
