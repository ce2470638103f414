import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { Unavailable } from '../errors/appError.ts';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent } from './eventStore.ts';

/** How long an append of unknown outcome is sent again: about as long as a cluster takes to elect another leader. */
const RETRY_FOR_MS = 15_000;

/** It is unknown whether an append happened: the connection broke, or the store did not answer in time. */
export function appendOutcomeUnknown(cause: unknown): Unavailable {
  return new Unavailable(
    'append-outcome-unknown',
    'It is not known whether the change was stored. See what is there before you repeat it: metamcp-cli audit tail',
    { cause },
  );
}

/**
 * Appends, and sends the append again while its outcome is unknown: with the same ids it happens once in every store. One
 * whose connection changed before it was sent is tried again, too.
 * @param retryForMs how long (Default: 15_000)
 * @param over gives the connection to send over, before each try; it may look first whether the store is still the same
 *   one (Default: any connection)
 * @throws what `append` and `over` throw; once an outcome was unknown, a store that can't be reached leaves it unknown
 */
export async function appendUntilKnown(
  store: Pick<EventStore, 'append'>,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  retryForMs: number = RETRY_FOR_MS,
  over?: () => Promise<number>,
): Promise<AppendResult> {
  const start = performance.now();
  let unknown: Unavailable | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.append(stream, expected, events, { over: await over?.() });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (error.code === 'append-outcome-unknown') unknown = error;
      // Nothing was sent, now or before.
      const wasMoved = error.code === 'connection-changed' && over !== undefined;
      if (unknown === undefined && !wasMoved) throw error;
      if (performance.now() - start > retryForMs) throw unknown ?? error;
      await delay(backoffMs(attempt));
    }
  }
}
