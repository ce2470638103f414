import { AppError, Refused } from '../../src/errors/appError.ts';
import { formatDuration } from '../../src/events/duration.ts';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { visitServer, type Visit } from './serverVisit.ts';

/** Enough for a server that starts on demand; a person waits. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Beyond it Node’s timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Patience {
  /** For all of it (Default: 30_000); the server’s own time-outs may end it before. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Visits a server, and gives up after a time.
 * @throws Refused with the upstream's code: its failure is the result of the visit, no store of ours is unreachable
 */
export async function visitPatiently<T>(
  server: LiveServer,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: Patience,
  work: (visit: Visit, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  // The reason goes with the signal, so that it can’t take the place of what went wrong before.
  const timer = setTimeout(
    () =>
      patience.abort(new Refused('upstream-timeout', `The server did not answer within ${formatDuration(timeoutMs)}.`)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    const either = signal === undefined ? patience.signal : AbortSignal.any([signal, patience.signal]);
    return await visitServer(server, either, (visit) => work(visit, either));
  } catch (error) {
    if (error instanceof AppError) throw new Refused(error.code, error.message, { data: error.data, cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
