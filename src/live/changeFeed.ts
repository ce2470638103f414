import { setTimeout as delay } from 'node:timers/promises';
import { systemClock, type Clock } from '../clock.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { probeSession, sessionOf, sessionPooled } from '../postgres/sessionProbe.ts';
import { acknowledge, announceFeed, withdrawFeed } from './acknowledgements.ts';
import { CHANGES_CHANNEL, parseNotification, type Ask, type Change } from '../projections/running/changedSubjects.ts';
import { createLease, LEASE_MS, type Moment } from './lease.ts';
import { oneAtATime } from './oneAtATime.ts';

/** How often the connection is asked whether it still stands, and how long it may take to answer. */
const HEARTBEAT_MS = 1_000;
const HEARTBEAT_TIMEOUT_MS = 1_000;
/** How soon the end of the lease is noticed by those who look after what is open. */
const LAPSE_POLL_MS = 100;
/** How long the end of a feed waits until the server has forgotten it. */
const WITHDRAW_MS = 500;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 5_000;
/** What the log of outages calls it. */
const WHAT = 'PostgreSQL (change feed)';

/**
 * Takes a change in. What it does before its first await happens before anything else in this process runs; it has
 * ended when the change is taken in. A rejection counts as the loss of the feed.
 */
export type ChangeListener = (change: Change) => void | Promise<void>;

/** Told when the lease has run out, and then every LEASE_MS / 2 while there is none. */
export type LapseListener = (lapse: { readonly first: boolean }) => void;

/** Tells what changes in the read tables, whoever changed it. DESIGN 5. */
export interface ChangeFeed extends AsyncDisposable {
  /**
   * True only while the connection stands, the server has answered on it within the lease, and everything has been read
   * again since it stands.
   */
  readonly trusted: boolean;
  /** Resolves when it stands for the first time, or the first attempt has failed. Never rejects. */
  readonly attempted: Promise<unknown>;
  /** Why there is none; undefined while there is one. */
  readonly fault: AppError | undefined;
  /** Adds a listener; returns the function that removes it. */
  onChange(listener: ChangeListener): () => void;
  /** Adds a listener; returns the function that removes it. What is open then is known to nobody who revokes. */
  onLapse(listener: LapseListener): () => void;
}

export interface ChangeFeedOptions {
  readonly url: string;
  /** What people call this process, for example `<host>:<port>`. */
  readonly replica: string;
  readonly logger: Logger;
  /** A steady one: it measures the lease. */
  readonly clock: Clock;
  /** It measures the lease, too, since a steady clock stands still while the machine sleeps. (Default: the system's) */
  readonly wallClock?: Clock;
}

/** Opens the change feed; it connects, and reconnects for ever, by itself. */
export function openChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { url, replica, logger, clock, wallClock = systemClock } = options;
  const listeners = new Set<ChangeListener>();
  const lapseListeners = new Set<LapseListener>();
  const outages = createOutageLog({ logger, clock: wallClock });
  const closing = new AbortController();
  const closed = (): boolean => closing.signal.aborted;
  const attempted = Promise.withResolvers<unknown>();
  const lease = createLease({ steady: clock, wall: wallClock });
  /** The connection since everything has been read again. */
  let session: Connection | undefined;
  let fault: AppError | undefined;
  /** The feed that this process has announced last. */
  let announced: number | undefined;

  const tell = async (change: Change): Promise<void> => {
    await Promise.all(
      [...listeners].map(async (listener) => {
        await listener(change);
      }),
    );
  };

  /** Lives as long as one connection. @throws Unavailable; what a listener throws */
  async function serve(onUp: () => void): Promise<void> {
    const failed = Promise.withResolvers<never>();
    const reread = Promise.withResolvers<unknown>();
    /** All that was notified so far, the first re-read included. */
    let takenIn: Promise<unknown> = reread.promise;
    const take = (notification: Change | Ask): void => {
      if ('ask' in notification) {
        const answer = async (): Promise<void> => {
          await takenIn;
          if (announced !== undefined) await acknowledge(queryable, { feed: announced, question: notification.ask });
        };
        // The feed's own failures end it elsewhere, and a lost answer is the asker's to notice.
        answer().catch(() => undefined);
        return;
      }
      const told = tell(notification);
      told.catch((error: unknown) => {
        session = undefined;
        failed.reject(error);
      });
      takenIn = Promise.all([takenIn, told]);
      takenIn.catch(() => undefined);
    };
    // Each time: what DATABASE_URL leads to may be another thing by now.
    await probeSession(url);
    await using connection = await openConnection({
      url,
      applicationName: 'metamcp feed',
      onNotification: (payload) => {
        take(parseNotification(payload));
      },
    });
    const queryable = oneAtATime(connection);
    await connection.listen(CHANGES_CHANNEL);
    // Only now is it announced: a feed that is asked before it listens would never answer.
    const announcedAt = lease.now();
    announced = await announceFeed(connection, replica, announced);
    lease.renew(announcedAt);
    const beating = heartbeat(connection, queryable, await sessionOf(connection));
    reread.resolve(tell({ all: true }));
    try {
      await Promise.race([reread.promise, beating, failed.promise]);
      session = connection;
      onUp();
      outages.recovered(WHAT);
      logger.debug({ replica }, 'the change feed is up');
      await Promise.race([beating, failed.promise]);
    } finally {
      session = undefined;
      // Nobody need wait for one that has said goodbye.
      if (closed() && connection.open) {
        const withdrawn = withdrawFeed(queryable, announced).catch(() => undefined);
        await Promise.race([withdrawn, delay(WITHDRAW_MS, undefined, { ref: false })]);
      }
    }
  }

  /** Rejects when the connection is lost, or takes too long to say that it is not. */
  async function heartbeat(connection: Connection, queryable: Queryable, pid: number): Promise<never> {
    // Listened to once: a race with `closed` at every beat would leave a listener more behind each time, for days.
    const lost = new AbortController();
    void connection.closed.then(() => lost.abort());
    const resting = AbortSignal.any([closing.signal, lost.signal]);
    for (;;) {
      const sentAt = lease.now();
      const timer = setTimeout(() => {
        connection.destroy();
      }, HEARTBEAT_TIMEOUT_MS);
      const session = await sessionOf(queryable).finally(() => {
        clearTimeout(timer);
      });
      if (session !== pid) throw sessionPooled();
      lease.renew(sentAt);
      await delay(HEARTBEAT_MS, undefined, { signal: resting }).catch(() => undefined);
      closing.signal.throwIfAborted();
      if (!connection.open) throw new Unavailable('change-feed-lost', 'The connection of the change feed was lost.');
    }
  }

  /** Watches the lease from outside: it runs out while nothing happens. */
  function watchLease(): NodeJS.Timeout {
    let held = false;
    let toldAt: Moment | undefined;
    return setInterval(() => {
      const first = held && !lease.held;
      held = lease.held;
      if (held) toldAt = undefined;
      if (held || closed()) return;
      const again = toldAt === undefined || lease.now().steady - toldAt.steady >= LEASE_MS / 2;
      if (!first && !again) return;
      toldAt = lease.now();
      for (const listener of lapseListeners) listener({ first });
    }, LAPSE_POLL_MS).unref();
  }

  async function run(): Promise<void> {
    for (let failures = 0; !closed(); failures += 1) {
      try {
        await serve(() => {
          failures = 0;
          fault = undefined;
          attempted.resolve(undefined);
        });
      } catch (error) {
        attempted.resolve(undefined);
        if (closed()) return;
        fault = error instanceof AppError ? error : undefined;
        outages.failed(WHAT, error, 'the tables are read instead');
      }
      const pauseMs = Math.min(RECONNECT_MIN_MS * 2 ** failures, RECONNECT_MAX_MS);
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const watching = watchLease();
  const running = run();
  return {
    get trusted() {
      return session?.open === true && lease.held;
    },
    attempted: attempted.promise,
    get fault() {
      return fault;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLapse(listener) {
      lapseListeners.add(listener);
      return () => lapseListeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(watching);
      closing.abort();
      session = undefined;
      await running;
    },
  };
}
