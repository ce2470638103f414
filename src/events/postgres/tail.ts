import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import { systemClock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { createOutageLog, type OutageLog } from '../../logging/outageLog.ts';
import { backoffMs } from '../../backoff.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { Notifier } from '../notifier.ts';
import { lastPosition } from './pages.ts';

/** How many beats may pass until one is answered: a host that went away sends nothing. */
const MISSED_BEATS = 10;

/** What the log of outages calls it. */
const WHAT = 'PostgreSQL (event subscriptions)';

export interface TailOptions {
  /** Connects, and calls back on every notification. @throws Unavailable */
  readonly connect: (onNotification: () => void) => Promise<Connection>;
  readonly logger: Logger;
  /** How often to look for events whose notification went missing, and whether the connection lives. */
  readonly pollMs: number;
}

/**
 * The end of the store as it moves: one LISTEN connection, shared by the subscriptions of a process, which also read their
 * pages over it. It starts with the first subscription, comes back by itself after a loss, and notifies when there may be more.
 */
export class Tail implements AsyncDisposable {
  /** Notifies after every announced append, and after every reconnection, when some may have been missed. */
  readonly appended = new Notifier();
  readonly #options: TailOptions;
  readonly #outages: OutageLog;
  readonly #disposed = new AbortController();
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#outages = createOutageLog({ logger: options.logger, clock: systemClock });
  }

  /** Aborted when the tail is disposed of. */
  get disposed(): AbortSignal {
    return this.#disposed.signal;
  }

  /** Connects, unless that was done before; what fails is tried again until disposal. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** What to read with now. @throws Unavailable while the connection is down; `appended` notifies when it is back */
  get db(): Queryable {
    if (this.#connection?.open === true) return this.#connection;
    throw new Unavailable('database-unavailable', 'PostgreSQL can’t be reached.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#connection?.[Symbol.asyncDispose]();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#disposed;
    for (;;) {
      try {
        signal.throwIfAborted();
        await this.#follow(signal);
        throw new Unavailable('database-unavailable', 'The LISTEN connection was lost.');
      } catch (error) {
        if (signal.aborted) return;
        this.#failures += 1;
        const waitMs = backoffMs(this.#failures);
        this.#outages.failed(WHAT, error, 'no new event is heard of');
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Returns when the connection is lost or closed. */
  async #follow(signal: AbortSignal): Promise<void> {
    await using connection = await this.#options.connect(() => this.appended.notify());
    await connection.listen(await channel(connection));
    // Disposed of meanwhile: it could not close what it did not know yet.
    if (signal.aborted) return;
    this.#connection = connection;
    this.#failures = 0;
    this.#outages.recovered(WHAT);
    this.appended.notify();
    const heart = this.#beat(connection);
    await connection.closed;
    clearInterval(heart);
  }

  /** Asks for the last position again and again: an answer shows life, a new one that a notification went missing. */
  #beat(connection: Connection): NodeJS.Timeout {
    let seen: bigint | undefined;
    let unanswered = 0;
    return setInterval(() => {
      unanswered += 1;
      if (unanswered > MISSED_BEATS) connection.destroy();
      if (unanswered > 1) return;
      lastPosition(connection).then(
        (position) => {
          unanswered = 0;
          if (position !== seen) this.appended.notify();
          seen = position;
        },
        // The connection reports its own loss; after another error the next beat tries again.
        () => (unanswered = 0),
      );
    }, this.#options.pollMs);
  }
}

async function channel(db: Queryable): Promise<string> {
  const [row] = await db.query<{ channel: string | null }>(sql`select c.channel from events_channel() as c (channel)`);
  return row?.channel ?? '';
}
