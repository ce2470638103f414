import type { Clock } from '../../clock.ts';
import { Unavailable } from '../../errors/appError.ts';
import { reasonOf } from '../../errors/reason.ts';

/** A server whose program could not be started. */
export interface FailedStart {
  readonly revision: number;
  /** In a row. */
  readonly failures: number;
  /** When it may be tried again, in ms since the epoch. */
  readonly retryAt: number;
  readonly since: number;
  readonly reason: string;
}

/** The longest wait, in milliseconds: whoever has mended what was wrong does not wait long. */
const LONGEST_MS = 60_000;

/** Servers whose programs fail at once: each client that comes would start another one in vain. */
export class FailedStarts {
  readonly #clock: Clock;
  readonly #waitMs: (attempt: number) => number;
  readonly #failed = new Map<string, FailedStart>();

  /** @param waitMs before try `attempt`, of which 1 is the first */
  constructor(clock: Clock, waitMs: (attempt: number) => number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  of(server: string): FailedStart | undefined {
    return this.#failed.get(server);
  }

  /** @throws Unavailable `upstream-start-failed` while it is to be waited for the next try */
  check(server: string, revision: number): void {
    const failed = this.#failed.get(server);
    const waitMs = failed?.revision === revision ? failed.retryAt - this.#clock() : 0;
    if (failed === undefined || waitMs <= 0) return;
    const message = `The program of the server "${server}" could not be started ${String(failed.failures)} times in a row: ${failed.reason} It is tried again in ${String(Math.ceil(waitMs / 1_000))} s; restart the server to try at once.`;
    throw new Unavailable('upstream-start-failed', message, { data: { server, processed: false } });
  }

  note(server: string, revision: number, error: unknown): FailedStart {
    const before = this.#failed.get(server);
    const failures = before?.revision === revision ? before.failures + 1 : 1;
    const now = this.#clock();
    // The first failure may be a client's, or a moment's.
    const waitMs = failures === 1 ? 0 : Math.min(LONGEST_MS, this.#waitMs(failures));
    const failed = {
      revision,
      failures,
      retryAt: now + waitMs,
      since: now,
      reason: reasonOf(error) ?? 'of an unknown error.',
    };
    this.#failed.set(server, failed);
    return failed;
  }

  forget(server: string): void {
    this.#failed.delete(server);
  }
}
