import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/errors.ts';
import { copyEvents } from '../../src/events/copyEvents.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { collect, newEvents, newStream } from '../contract/eventStoreFixture.ts';

/** Events of several streams, interleaved. */
async function fill(store: EventStore, rounds: number): Promise<void> {
  const streams = Array.from({ length: 3 }, newStream);
  for (let round = 0; round < rounds; round += 1) {
    for (const stream of streams) await store.append(stream, round === 0 ? 'no-stream' : round * 2 - 1, newEvents(2));
  }
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
    const told: number[] = [];
    expect(await copyEvents({ from, to, onProgress: (events) => told.push(events) })).toEqual({
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
        if (!grown) await from.append(newStream(), 'no-stream', newEvents(1));
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
    await longer.append(newStream(), 'no-stream', newEvents(1));
    const edited = openMemoryStore();
    await edited.append(first!.stream, 'no-stream', [{ ...first!, data: { n: 'other' } }]);
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
});
