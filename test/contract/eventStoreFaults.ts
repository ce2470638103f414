import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/errors.ts';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent } from '../../src/events/eventStore.ts';
import { collect, follow, ids, inOrder, newEvents, newStream, type EventStoreFixture } from './eventStoreFixture.ts';

export function appendFaultsContract(given: () => { fixture: EventStoreFixture; store: EventStore }): void {
  describe('losing connections', () => {
    test('leaves every acknowledged event in place once, and subscriptions whole [events-none-lost]', async ({
      skip,
    }) => {
      const { fixture, store } = given();
      const { cut } = fixture;
      if (cut === undefined) return skip('this store has no connections to lose');
      const start = await store.end();
      await using reader = await fixture.open();
      await using follower = follow(reader, start, 'contract-');
      const processes = await Promise.all(Array.from({ length: 2 }, async () => fixture.open()));

      const streams = Array.from({ length: 8 }, newStream);
      let acknowledged = 0;
      const writers = streams.map(async (stream, i) => {
        const written: string[] = [];
        for (let round = 0; round < 40; round += 1) {
          const events = newEvents(3);
          const result = await persist(
            processes[i % 2]!,
            stream,
            written.length === 0 ? 'no-stream' : written.length - 1,
            events,
          );
          written.push(...ids(events));
          expect(result.revision).toBe(written.length - 1);
          acknowledged += 1;
        }
        return written;
      });
      const written = Promise.all(writers);
      let cuts = 0;
      while (acknowledged < 8 * 40) {
        const before = acknowledged;
        await cut();
        cuts += 1;
        // The writers go on between two cuts, or there would be no end.
        while (acknowledged < before + 8 && acknowledged < 8 * 40) await turn();
      }

      for (const [i, expected] of (await written).entries()) {
        expect(ids(await collect(store.readStream(streams[i]!)))).toEqual(expected);
      }
      await follower.reaches(8 * 40 * 3);
      expect(inOrder(follower.events)).toBe(true);
      expect(new Set(ids(follower.events))).toEqual(new Set((await written).flat()));
      expect(follower.events).toHaveLength(8 * 40 * 3);
      expect(cuts).toBeGreaterThan(10);
      await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    });

    test('does not end or delay a subscription that waits', async ({ skip }) => {
      const { fixture, store } = given();
      const { cut } = fixture;
      if (cut === undefined) return skip('this store has no connections to lose');
      const stream = newStream();
      await store.append(stream, 'no-stream', newEvents(1));
      await using follower = follow(store, undefined, stream);
      await follower.reaches(1);
      for (let i = 0; i < 3; i += 1) {
        await cut();
        await persist(store, stream, i, newEvents(1));
        await follower.reaches(i + 2);
      }
    });
  });
}

/** Appends as a command handler does: tries again with the same ids while the store is unavailable or its answer is lost. */
async function persist(
  store: EventStore,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<AppendResult> {
  for (;;) {
    try {
      return await store.append(stream, expected, events);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await turn();
    }
  }
}
