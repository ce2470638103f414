import type { Clock } from '../../clock.ts';
import { Unavailable } from '../../errors/appError.ts';
import { connectionName, type LiveServer } from '../../live/liveServer.ts';
import { reasonOf } from '../../errors/reason.ts';

/** A server whose program could not be started. */
export interface FailedStart {
  /** Its name. */
  readonly server: string;
  readonly revision: number;
  /** In a row. */
  readonly failures: number;
  /** When it may be tried again, in ms since the epoch. */
  readonly retryAt: number;
  readonly since: number;
  readonly reason: string;
}

/** The same, and by the steady clock when it may be tried again: a clock that is set back lets nobody wait longer. */
interface NotedStart extends FailedStart {
  readonly dueAt: number;
}

export interface FailedStartsOptions {
  /** Of what is shown. */
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
  /** Before try `attempt`, of which 1 is the first. */
  readonly waitMs: (attempt: number) => number;
}

/** What is started: with the credential of a key, it may fail for that key alone. */
type Started = Pick<LiveServer, 'name' | 'revision' | 'credential'>;

/** The longest wait, in milliseconds: whoever has mended what was wrong does not wait long. */
const LONGEST_MS = 60_000;

/** Servers whose programs fail at once: each client that comes would start another one in vain. */
export class FailedStarts {
  readonly #options: FailedStartsOptions;
  readonly #failed = new Map<string, NotedStart>();

  constructor(options: FailedStartsOptions) {
    this.#options = options;
  }

  /** Of any key, where keys have credentials of their own: the last one. */
  of(name: string): FailedStart | undefined {
    return [...this.#failed.values()].findLast(({ server }) => server === name);
  }

  /** @throws Unavailable `upstream-start-failed` while it is to be waited for the next try */
  check(server: Started): void {
    const { name, revision } = server;
    const failed = this.#failed.get(connectionName(server));
    const waitMs = failed?.revision === revision ? failed.dueAt - this.#options.steadyClock() : 0;
    if (failed === undefined || waitMs <= 0) return;
    const message = `The program of the server "${name}" could not be started ${String(failed.failures)} times in a row: ${failed.reason} It is tried again in ${String(Math.ceil(waitMs / 1_000))} s; restart the server to try at once.`;
    throw new Unavailable('upstream-start-failed', message, { data: { server: name, processed: false } });
  }

  note(server: Started, error: unknown): FailedStart {
    const { name, revision } = server;
    const before = this.#failed.get(connectionName(server));
    const failures = before?.revision === revision ? before.failures + 1 : 1;
    const { clock, steadyClock, waitMs: waitBefore } = this.#options;
    const now = clock();
    // The first failure may be a client's, or a moment's.
    const waitMs = failures === 1 ? 0 : Math.min(LONGEST_MS, waitBefore(failures));
    const failed = {
      server: name,
      revision,
      failures,
      retryAt: now + waitMs,
      dueAt: steadyClock() + waitMs,
      since: now,
      reason: reasonOf(error) ?? 'of an unknown error.',
    };
    this.#failed.delete(connectionName(server));
    this.#failed.set(connectionName(server), failed);
    return failed;
  }

  /** It has started. */
  forget(server: Started): void {
    this.#failed.delete(connectionName(server));
  }

  /** All of a server is to be tried at once. */
  forgetAll(name: string): void {
    for (const [known, { server }] of this.#failed) if (server === name) this.#failed.delete(known);
  }
}
