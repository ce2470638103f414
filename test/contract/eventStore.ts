import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, Invalid } from '../../src/errors/appError.ts';
import { MAX_APPEND_BYTES } from '../../src/events/encodeEvents.ts';
import type { EventStore, JsonObject } from '../../src/events/eventStore.ts';
import { canonicalJson } from '../../src/events/canonicalJson.ts';
import { appendFaultsContract } from './eventStoreFaults.ts';
import {
  collect,
  ids,
  newEvent,
  newEvents,
  newStream,
  refusal,
  type EventStoreFixture,
  type EventStoreTraits,
} from './eventStoreFixture.ts';
import { logContract } from './eventStoreLog.ts';
import { retryContract } from './eventStoreRetries.ts';
import { backPressureContract, subscriptionContract } from './eventStoreSubscription.ts';

/** Holds an adapter to the event store port (src/events/eventStore.ts). Every adapter's test runs it, unchanged. */
export function eventStoreContract(
  name: string,
  makeFixture: () => Promise<EventStoreFixture>,
  traits: EventStoreTraits,
): void {
  describe(`${name}, as an event store`, () => {
    let fixture: EventStoreFixture;
    let store: EventStore;
    beforeAll(async () => {
      fixture = await makeFixture();
      store = await fixture.open();
    });
    afterAll(async () => {
      await store[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    });

    appendContract(() => store, traits);
    retryContract(() => store);
    readContract(() => store);
    identityContract(() => ({ fixture, store }), makeFixture);
    logContract(() => ({ fixture, store }), traits);
    subscriptionContract(() => ({ fixture, store }));
    appendFaultsContract(() => ({ fixture, store }));
    backPressureContract(() => ({ fixture, store }));
  });
}

function appendContract(store: () => EventStore, { findsTakenIds }: EventStoreTraits): void {
  describe('appending', () => {
    test('counts revisions from 0 and raises the position', async () => {
      const stream = newStream();
      const first = await store().append(stream, 'no-stream', newEvents(2));
      const second = await store().append(stream, 1, newEvents(1));
      expect([first.revision, second.revision]).toEqual([1, 2]);
      expect(second.position).toBeGreaterThan(first.position);
    });

    test('answers the position at which the last event is read', async () => {
      const stream = newStream();
      const { position } = await store().append(stream, 'no-stream', newEvents(3));
      expect((await collect(store().readStream(stream))).at(-1)?.position).toBe(position);
      expect(await store().end()).toBeGreaterThanOrEqual(position);
    });

    test.each([
      ['no stream where there is one', 2, 'no-stream', 1],
      ['an older revision', 3, 1, 2],
      ['a revision that is not there yet', 2, 5, 1],
      ['a revision of a stream that does not exist', 0, 0, 'no-stream'],
    ] as const)('refuses %s and appends nothing [events-expected-revision]', async (_, existing, expected, actual) => {
      const stream = newStream();
      const before = newEvents(existing);
      if (existing > 0) await store().append(stream, 'no-stream', before);
      const error = await refusal(store().append(stream, expected, newEvents(2)));
      expect(error).toBeInstanceOf(Conflict);
      expect(error).toMatchObject({ code: 'wrong-expected-revision', data: { actual } });
      expect(ids(await collect(store().readStream(stream)))).toEqual(ids(before));
    });

    test('lets one of many callers with the same expectation win [events-expected-revision]', async () => {
      const stream = newStream();
      await store().append(stream, 'no-stream', newEvents(1));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => store().append(stream, 0, newEvents(2))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await collect(store().readStream(stream))).toHaveLength(3);
    });

    test('does not fail its neighbours when it fails', async () => {
      const streams = Array.from({ length: 20 }, newStream);
      await store().append(streams[0]!, 'no-stream', newEvents(1));
      const outcomes = await Promise.allSettled(
        streams.map((stream) => store().append(stream, 'no-stream', newEvents(2))),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array<string>(19).fill('fulfilled')]);
    });

    test.runIf(findsTakenIds)('refuses ids that are taken, in this stream or in another', async () => {
      const [stream, other] = [newStream(), newStream()];
      const taken = newEvent();
      await store().append(stream, 'no-stream', [taken]);
      expect(await refusal(store().append(stream, 0, [newEvent(), taken]))).toMatchObject({
        kind: 'conflict',
        code: 'event-id-taken',
        data: { actual: 0 },
      });
      expect(await refusal(store().append(other, 'no-stream', [taken]))).toMatchObject({
        code: 'event-id-taken',
        data: { actual: 'no-stream' },
      });
      const twin = newEvent();
      const both = await Promise.allSettled(
        [newStream(), newStream()].map((name) => store().append(name, 'no-stream', [twin])),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    test('gives back data and metadata as they were [events-as-written]', async () => {
      const stream = newStream();
      const data: JsonObject = {
        text: 'Grüße, 世界 👩‍👩‍👧 \u007f\u2028 "\\" \b\t',
        '': [0, -0.5, 1e21, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, true, null, [], {}],
        __proto: { ключ: 'значение' },
        $ref: '{"not": "parsed"}',
      };
      const metadata = { at: '2026-11-23T00:00:00.000Z', '👍': ['', ' '] };
      const event = { ...newEvent(data), type: 'Überprüft', metadata };
      await store().append(stream, 'no-stream', [event]);
      const [read] = await collect(store().readStream(stream));
      expect(read).toMatchObject({ id: event.id, type: event.type, stream, revision: 0 });
      expect(canonicalJson(read!.data)).toBe(canonicalJson(data));
      expect(canonicalJson(read!.metadata)).toBe(canonicalJson(metadata));
    });

    test('keeps its history whatever is done to what was appended or read [events-as-written]', async () => {
      const stream = newStream();
      const data = { list: [1, 2] };
      await store().append(stream, 'no-stream', [newEvent(data)]);
      data.list.push(3);
      for (const { data: read } of await collect(store().readStream(stream))) Object.assign(read, { list: 'other' });
      expect((await collect(store().readStream(stream)))[0]?.data).toEqual({ list: [1, 2] });
    });

    test('takes 1 MiB at once and not a byte more', async () => {
      const event = newEvent({ text: '' });
      const frame = Buffer.byteLength('{"text":""}{"at":"now"}') + 2 * event.type.length;
      const text = 'x'.repeat(MAX_APPEND_BYTES - frame);
      const stream = newStream();
      await store().append(stream, 'no-stream', [{ ...event, data: { text } }]);
      expect((await collect(store().readStream(stream)))[0]?.data).toEqual({ text });
      const error = await refusal(store().append(stream, 0, [newEvent({ text: `${text}x` })]));
      expect(error).toMatchObject({ code: 'append-too-large', data: { maxBytes: MAX_APPEND_BYTES } });
    });

    test('refuses an append without events', async () => {
      expect(await refusal(store().append(newStream(), 'no-stream', []))).toBeInstanceOf(Invalid);
    });
  });
}

function readContract(store: () => EventStore): void {
  describe('reading', () => {
    test('finds nothing in a stream that does not exist', async () => {
      expect(await collect(store().readStream(newStream()))).toEqual([]);
      expect(await collect(store().readStream(newStream(), { direction: 'backwards' }))).toEqual([]);
    });

    test('reads a stream both ways, from any revision, up to a limit', async () => {
      const stream = newStream();
      await store().append(stream, 'no-stream', newEvents(5));
      const revisions = async (options: Parameters<EventStore['readStream']>[1]): Promise<number[]> =>
        (await collect(store().readStream(stream, options))).map(({ revision }) => revision);
      expect(await revisions({})).toEqual([0, 1, 2, 3, 4]);
      expect(await revisions({ from: 3 })).toEqual([3, 4]);
      expect(await revisions({ from: 1, limit: 2 })).toEqual([1, 2]);
      expect(await revisions({ from: 5 })).toEqual([]);
      expect(await revisions({ limit: 0 })).toEqual([]);
      expect(await revisions({ direction: 'backwards' })).toEqual([4, 3, 2, 1, 0]);
      expect(await revisions({ direction: 'backwards', from: 1 })).toEqual([1, 0]);
      expect(await revisions({ direction: 'backwards', from: 3, limit: 2 })).toEqual([3, 2]);
    });

    test('reads many events of a stream, both ways, and stops where the reader stops', async () => {
      const stream = newStream();
      const events = newEvents(1_200);
      await store().append(stream, 'no-stream', events.slice(0, 700));
      await store().append(stream, 699, events.slice(700));
      expect(ids(await collect(store().readStream(stream)))).toEqual(ids(events));
      expect(ids(await collect(store().readStream(stream, { limit: 1_100 })))).toEqual(ids(events.slice(0, 1_100)));
      expect(ids(await collect(store().readStream(stream, { direction: 'backwards' })))).toEqual(ids(events).reverse());
      for await (const event of store().readStream(stream)) if (event.revision === 600) break;
    });

    test('reads all events in the order of their positions, both ways, beyond any position, up to a limit', async () => {
      const start = await store().end();
      const streams = [newStream(), newStream()] as const;
      const events = newEvents(1_200);
      for (let i = 0; i < 6; i += 1) {
        const expected = i < 2 ? 'no-stream' : Math.floor(i / 2) * 200 - 1;
        await store().append(streams[i % 2]!, expected, events.slice(i * 200, (i + 1) * 200));
      }
      const beyond = start === undefined ? {} : { after: start };
      const forwards = (await collect(store().readAll(beyond))).filter(({ stream }) => streams.includes(stream));
      expect(ids(forwards)).toEqual(ids(events));
      expect(forwards).toEqual(forwards.toSorted((a, b) => (a.position < b.position ? -1 : 1)));
      const { position } = forwards[700]!;
      expect(ids(await collect(store().readAll({ after: position, limit: 300 })))).toEqual(
        ids(events.slice(701, 1_001)),
      );
      expect(ids(await collect(store().readAll({ direction: 'backwards', after: position, limit: 600 })))).toEqual(
        ids(events.slice(100, 700)).reverse(),
      );
      expect(ids(await collect(store().readAll({ direction: 'backwards', limit: 1_200 })))).toEqual(
        ids(events).reverse(),
      );
    });

    test('ends a reading of all events although others are appended meanwhile', async () => {
      const stream = newStream();
      const after = (await store().append(stream, 'no-stream', newEvents(1))).position;
      const end = (await store().append(stream, 0, newEvents(600))).position;
      let revision = 600;
      let read = 0;
      for await (const event of store().readAll({ after })) {
        expect(event.position).toBeLessThanOrEqual(end);
        if (read++ % 10 === 0) ({ revision } = await store().append(stream, revision, newEvents(20)));
      }
      expect(read).toBe(600);
    });
  });
}

function identityContract(
  given: () => { fixture: EventStoreFixture; store: EventStore },
  makeFixture: () => Promise<EventStoreFixture>,
): void {
  test('has one identity for all who open it, another than a store of the same kind [events-identity]', async () => {
    const { fixture, store } = given();
    const identity = await store.identity();
    expect(await store.findIdentity()).toBe(identity);
    expect(identity).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    await using opened = await fixture.open();
    expect(await Promise.all([store, opened, opened].map((each) => each.identity()))).toEqual(
      Array<string>(3).fill(identity),
    );
    await using other = await makeFixture();
    await using stranger = await other.open();
    // Whoever only looks makes none; a store in memory is made with it.
    const found = await stranger.findIdentity();
    expect(await stranger.findIdentity()).toBe(found);
    expect(found).not.toBe(identity);
    expect(await stranger.identity()).not.toBe(identity);
  });

  test('says that it answers', async () => {
    await given().store.check();
  });
}
