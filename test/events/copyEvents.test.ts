import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import { copyEvents } from '../../src/events/copyEvents.ts';
import type { EventStore, RecordedEvent, Visibility } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { collect } from '../contract/eventStoreFixture.ts';
import { keyCreated, newEvent } from '../projections/history.ts';

/** Events of several keys, interleaved: six in the first round. */
async function fill(store: EventStore, rounds: number): Promise<string[]> {
  const streams = Array.from({ length: 3 }, () => apiKeyStream(crypto.randomUUID()));
  for (let round = 0; round < rounds; round += 1) {
    for (const stream of streams) {
      const first = round === 0 ? newEvent(keyCreated()) : newEvent({ type: 'ApiKeyActivated', data: {} });
      const then = newEvent({ type: 'ApiKeyInactivated', data: {} });
      await store.append(stream, round === 0 ? 'no-stream' : round * 2 - 1, [first, then]);
    }
  }
  return streams;
}

async function history(store: EventStore): Promise<Omit<RecordedEvent, 'position'>[]> {
  return (await collect(store.readAll())).map(({ position: _position, ...event }) => event);
}

/** The store, whose appends fail from the one after `appends` on. */
function failingAfter(store: EventStore, appends: number): EventStore {
  let left = appends;
  return {
    ...store,
    append: async (...args) => {
      if (left-- <= 0) throw new Unavailable('away', 'away');
      return store.append(...args);
    },
  };
}

describe('copying events', () => {
  it('keeps ids, revisions, contents and the order of all [events-copy]', async () => {
    const [from, to] = [openMemoryStore(), openMemoryStore()];
    await fill(from, 5);
    const progress: number[] = [];
    expect(await copyEvents({ from, to, onProgress: (events) => progress.push(events) })).toEqual({
      events: 30,
      copied: 30,
    });
    expect(await history(to)).toEqual(await history(from));
    expect(await copyEvents({ from, to })).toEqual({ events: 30, copied: 0 });
  });

  it('goes on where it was interrupted, wherever that was [events-copy]', async () => {
    const from = openMemoryStore();
    await fill(from, 2);
    for (let appends = 0; appends < 12; appends += 1) {
      const to = openMemoryStore();
      await expect(copyEvents({ from, to: failingAfter(to, appends) })).rejects.toMatchObject({ code: 'away' });
      expect(await copyEvents({ from, to })).toEqual({ events: 12, copied: 12 - appends });
      expect(await history(to)).toEqual(await history(from));
    }
  });

  it('copies what is appended to the source meanwhile', async () => {
    const [from, to] = [openMemoryStore(), openMemoryStore()];
    await fill(from, 1);
    let grown = false;
    const growing: EventStore = {
      ...to,
      append: async (...args) => {
        if (!grown) await from.append(apiKeyStream(crypto.randomUUID()), 'no-stream', [newEvent(keyCreated())]);
        grown = true;
        return to.append(...args);
      },
    };
    expect(await copyEvents({ from, to: growing })).toEqual({ events: 7, copied: 7 });
    expect(await history(to)).toEqual(await history(from));
  });

  it('refuses a target that holds another history, and changes nothing in it [events-copy]', async () => {
    const from = openMemoryStore();
    await fill(from, 1);
    const [first] = await collect(from.readAll());
    const other = openMemoryStore();
    await fill(other, 1);
    const longer = openMemoryStore();
    await copyEvents({ from, to: longer });
    await longer.append(apiKeyStream(crypto.randomUUID()), 'no-stream', [newEvent(keyCreated())]);
    const edited = openMemoryStore();
    await edited.append(first!.stream, 'no-stream', [{ ...first!, data: { ...first!.data, name: 'other' } }]);
    for (const to of [other, longer, edited]) {
      const before = await history(to);
      await expect(copyEvents({ from, to })).rejects.toMatchObject({ kind: 'refused', code: 'copy-target-differs' });
      expect(await history(to)).toEqual(before);
    }
  });

  it('refuses to copy a store to itself', async () => {
    const store = openMemoryStore();
    await expect(copyEvents({ from: store, to: store })).rejects.toMatchObject({ code: 'copy-to-itself' });
  });

  it('copies events that can’t be read, and repairs, as they are, and leaves a stranger’s [events-copy]', async () => {
    const [from, to] = [openMemoryStore(), openMemoryStore()];
    const [stream] = await fill(from, 1);
    const damaged = {
      id: crypto.randomUUID(),
      type: 'ApiKeyInactivated',
      data: { 'not a JSON object': 'AA==' },
      metadata: {},
    };
    await from.append(stream!, 1, [damaged]);
    const skip = { revision: 2, eventId: damaged.id, type: damaged.type, reason: 'seen' };
    await from.append(streamRepairStream(stream!), 'no-stream', [newEvent({ type: 'EventSkipped', data: skip })]);
    const ours = await history(from);
    const stranger = { ...damaged, id: crypto.randomUUID() };
    await from.append(apiKeyStream(crypto.randomUUID()), 'no-stream', [stranger]);
    await from.append('somebody-else', 'no-stream', [{ ...stranger, id: crypto.randomUUID() }]);
    expect(await copyEvents({ from, to })).toEqual({ events: 8, copied: 8 });
    expect(await history(to)).toEqual(ours);
    expect(await copyEvents({ from, to })).toEqual({ events: 8, copied: 0 });
  });

  it.each<[string, Visibility, string]>([
    ['hidden', 'hidden', 'is hidden'],
    ['deleted for good', 'removed', 'was deleted for good'],
  ])(
    'refuses a source with a stream that was %s, before it copies anything [events-copy]',
    async (_how, shown, what) => {
      const [from, to] = [openMemoryStore(), openMemoryStore()];
      const [stream] = await fill(from, 1);
      const source: EventStore = {
        ...from,
        visibility: async (asked) => (asked === stream ? shown : from.visibility(asked)),
        async *scan(options) {
          yield* from.scan(options);
          yield { kind: 'visibility', position: 99n, stream: stream! };
        },
      };
      await expect(copyEvents({ from: source, to })).rejects.toMatchObject({
        kind: 'refused',
        code: 'copy-source-incomplete',
        message: expect.stringContaining(`${stream!} ${what}`),
      });
      expect(await history(to)).toEqual([]);
    },
  );

  it.each([0, 1])(
    'refuses a source with a stream that lacks event %i, unless it was given up [events-copy]',
    async (gone) => {
      const [from, to] = [openMemoryStore(), openMemoryStore()];
      const [stream] = await fill(from, 2);
      const source: EventStore = {
        ...from,
        async *scan(options) {
          for await (const entry of from.scan(options)) {
            const isGone = entry.kind === 'event' && entry.event.stream === stream && entry.event.revision === gone;
            if (!isGone) yield entry;
          }
        },
      };
      await expect(copyEvents({ from: source, to })).rejects.toMatchObject({
        code: 'copy-source-incomplete',
        data: { streams: [stream] },
      });
      expect(await history(to)).toEqual([]);
      if (gone > 0) return;
      const isGivenUp = (asked: string) => Promise.resolve(asked === stream);
      expect(await copyEvents({ from: source, to, isGivenUp })).toEqual({ events: 8, copied: 8 });
    },
  );

  it('names an event that the target can’t hold [events-copy]', async () => {
    const [from, to] = [openMemoryStore(), openMemoryStore()];
    const [stream] = await fill(from, 1);
    const source: EventStore = {
      ...from,
      async *scan(options) {
        yield* from.scan(options);
        const event = {
          ...newEvent({ type: 'ApiKeyActivated', data: { reason: 'a\0b' } }),
          stream: stream!,
          revision: 2,
        };
        yield { kind: 'event', position: 99n, event: { ...event, position: 99n } };
      },
    };
    await expect(copyEvents({ from: source, to })).rejects.toMatchObject({
      code: 'copy-event-unfit',
      message: expect.stringContaining(`${stream!}@2`),
    });
  });

  it('ends at once when it is aborted, and goes on when it is run again', async () => {
    const [from, to] = [openMemoryStore(), openMemoryStore()];
    await fill(from, 2);
    const controller = new AbortController();
    const stopping: EventStore = {
      ...to,
      async append(...args) {
        const result = await to.append(...args);
        controller.abort();
        return result;
      },
    };
    await expect(copyEvents({ from, to: stopping, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await copyEvents({ from, to })).toEqual({ events: 12, copied: 11 });
  });
});
