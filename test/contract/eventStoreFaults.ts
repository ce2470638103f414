import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent } from '../../src/events/eventStore.ts';
import { collect, follow, ids, outOfOrder, newEvents, newStream, type EventStoreFixture } from './eventStoreFixture.ts';

export function appendFaultsContract(given: () => { fixture: EventStoreFixture; store: EventStore }): void {
  describe('losing connections', () => {
    test('leaves every acknowledged event in place once, and subscriptions whole [events-none-lost]', async ({
      skip,
    }) => {
      const { fixture } = given();
      const { cut } = fixture;
      if (cut === undefined) return skip('this store has no connections to lose');
      await expectNoneLost(fixture, { strikes: 20, strike: cut });
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

/** Between two appends of a writer: without it, eight writers take the processors from the servers that elect and start. */
const PAUSE_MS = 40;

/** What goes on while a fault strikes, for faults that last until something is seen of them. */
export interface UnderFault {
  /** Waits until so many more appends have failed. */
  fails(appends?: number): Promise<void>;
}

/**
 * Lets eight writers in two processes append while faults strike, and holds the store to its promises: what was acknowledged
 * is there once and in order, what was sent again with the same ids was stored once, and a subscription has all of it.
 */
export async function expectNoneLost(
  { open }: Pick<EventStoreFixture, 'open'>,
  { strikes, strike }: { strikes: number; strike: (under: UnderFault) => Promise<void> },
): Promise<void> {
  await using reader = await open();
  const streams = Array.from({ length: 8 }, newStream);
  // Only these: the end may be that of a leader that others have replaced without its knowledge, with events after it.
  await using follower = follow(reader, await reader.end(), ...streams);
  const processes = await Promise.all([open(), open()]);
  let acknowledged = 0;
  let failed = 0;
  let isOver = false;
  let wake = Promise.withResolvers<undefined>();
  const happened = (): void => {
    wake.resolve(undefined);
    wake = Promise.withResolvers<undefined>();
  };

  async function write(stream: string, process: EventStore): Promise<string[]> {
    const written: string[] = [];
    while (!isOver) {
      const events = newEvents(3);
      const expected = written.length === 0 ? 'no-stream' : written.length - 1;
      const result = await persist(process, stream, expected, events, () => {
        failed += 1;
        happened();
      });
      written.push(...ids(events));
      expect(result.revision).toBe(written.length - 1);
      acknowledged += 1;
      happened();
      await delay(PAUSE_MS);
    }
    return written;
  }

  const writers = Promise.all(streams.map((stream, i) => write(stream, processes[i % 2]!)));
  const until = async (isSo: () => boolean): Promise<void> => {
    // A writer that fails for good ends the waiting.
    while (!isSo()) await Promise.race([wake.promise, writers]);
  };
  try {
    for (let struck = 0; struck < strikes; struck += 1) {
      // The writers go on between two strikes, or there would be no end.
      const before = acknowledged;
      await until(() => acknowledged >= before + 8);
      await strike({
        fails(appends = 1) {
          const target = failed + appends;
          return until(() => failed >= target);
        },
      });
    }
    const before = acknowledged;
    await until(() => acknowledged >= before + 8);
  } finally {
    isOver = true;
  }

  const written = await writers;
  for (const [i, expected] of written.entries()) {
    expect(ids(await collect(processes[0].readStream(streams[i]!)))).toEqual(expected);
  }
  const all = written.flat();
  await follower.reaches(all.length);
  expect(outOfOrder(follower.events)).toEqual([]);
  expect(new Set(ids(follower.events))).toEqual(new Set(all));
  expect(follower.events).toHaveLength(all.length);
  await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
}

/** Appends as a command handler does: tries again with the same ids while the store is unavailable or its answer is lost. */
async function persist(
  store: EventStore,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  onFailure?: () => void,
): Promise<AppendResult> {
  for (;;) {
    try {
      return await store.append(stream, expected, events);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      onFailure?.();
      await delay(20);
    }
  }
}
