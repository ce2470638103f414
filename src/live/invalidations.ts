import { setTimeout as delay } from 'node:timers/promises';
import { systemClock, type Clock } from '../clock.ts';
import { AppError, Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import { probeSession, sessionOf, sessionPooled } from '../postgres/sessionProbe.ts';
import { acknowledge } from './acknowledgements.ts';
import { announceReplica, withdrawReplica } from './replicas.ts';
import {
  INVALIDATION_CHANNEL,
  parseInvalidation,
  type ConfirmationRequest,
  type Invalidation,
} from '../projections/tables/invalidation.ts';
import { createLease, LEASE_MS, type Moment } from './lease.ts';

/** How often the connection is asked whether it still stands, and how long it may take to answer. */
const HEARTBEAT_MS = 1_000;
const HEARTBEAT_TIMEOUT_MS = 1_000;
/** How soon the end of the lease is noticed. */
const LAPSE_POLL_MS = 100;
/** How long the end of a replica waits until the database has forgotten its announcement. */
const WITHDRAW_MS = 500;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 5_000;
/** Its name in the log of outages. */
const OUTAGE_NAME = 'PostgreSQL (change feed)';

/**
 * Takes an invalidation in. What it does before its first await happens before anything else in this process runs; when it
 * has ended, the invalidation is taken in. A rejection counts as the loss of the connection.
 */
export type InvalidationListener = (invalidation: Invalidation) => void | Promise<void>;

/** Called when the lease has run out, and then every LEASE_MS / 2 while there is none. */
export type LapseListener = (lapse: { readonly first: boolean }) => void;

/**
 * The invalidations that this replica gets: which keys and servers have changed in the read tables, in whichever process.
 * docs/architecture.md, Read path.
 */
export interface Invalidations extends AsyncDisposable {
  /**
   * True only while the connection stands, the server has answered on it within the lease, and everything has been read
   * again since it stands.
   */
  readonly trusted: boolean;
  /** Resolves when it stands for the first time, or the first attempt has failed. Never rejects. */
  readonly attempted: Promise<unknown>;
  /** Why there is no connection; undefined while there is one. */
  readonly fault: AppError | undefined;
  /** Adds a listener; returns the function that removes it. */
  onInvalidation(listener: InvalidationListener): () => void;
  /**
   * Adds a listener; returns the function that removes it. From a lapse on, a command that revokes a key waits for this
   * replica no longer.
   */
  onLapse(listener: LapseListener): () => void;
}

/** Called when a change has been taken in that somebody has sent, with the milliseconds from the sending to then, by two clocks. */
export type TakenInListener = (ms: number) => void;

export interface InvalidationsOptions {
  readonly url: string;
  /** The name of this process for people, for example `<host>:<port>`. */
  readonly replica: string;
  readonly logger: Logger;
  /** A steady one: it measures the lease. */
  readonly clock: Clock;
  /** It measures the lease, too, since a steady clock stands still while the machine sleeps. (Default: the system's) */
  readonly wallClock?: Clock;
  readonly onTakenIn?: TakenInListener | undefined;
}

/** Starts to listen; it connects, and reconnects for ever, by itself. */
export function openInvalidations(options: InvalidationsOptions): Invalidations {
  const { url, replica, logger, clock, wallClock = systemClock, onTakenIn } = options;
  const listeners = new Set<InvalidationListener>();
  const lapseListeners = new Set<LapseListener>();
  const outages = createOutageLog({ logger, clock: wallClock });
  const closing = new AbortController();
  const closed = (): boolean => closing.signal.aborted;
  const attempted = Promise.withResolvers<unknown>();
  const lease = createLease({ steady: clock, wall: wallClock });
  /** The connection since everything has been read again. */
  let session: Connection | undefined;
  let fault: AppError | undefined;
  /** The id of this process's latest announcement. */
  let announced: number | undefined;

  const takeIn = async (invalidation: Invalidation): Promise<void> => {
    await Promise.all(
      [...listeners].map(async (listener) => {
        await listener(invalidation);
      }),
    );
  };

  /** Lives as long as one connection. @throws Unavailable; what a listener throws */
  async function serve(onUp: () => void): Promise<void> {
    const failed = Promise.withResolvers<never>();
    const reread = Promise.withResolvers<unknown>();
    /** All that was notified so far, the first re-read included. */
    let takenIn: Promise<unknown> = reread.promise;
    const receive = (notification: Invalidation | ConfirmationRequest): void => {
      if ('ask' in notification) {
        const answer = async (): Promise<void> => {
          await takenIn;
          if (announced !== undefined) await acknowledge(connection, { feed: announced, question: notification.ask });
        };
        // A lost connection ends this elsewhere, and the command notices that an acknowledgement is missing.
        answer().catch(() => undefined);
        return;
      }
      const { at, ...invalidation } = notification;
      const taking = takeIn(invalidation).then(() => {
        if (at !== undefined) onTakenIn?.(Math.max(0, wallClock() - at));
      });
      taking.catch((error: unknown) => {
        session = undefined;
        failed.reject(error);
      });
      takenIn = Promise.all([takenIn, taking]);
      takenIn.catch(() => undefined);
    };
    // Each time: what DATABASE_URL leads to may be another thing by now.
    await probeSession(url);
    await using connection = await openConnection({
      url,
      applicationName: 'metamcp feed',
      onNotification: (payload) => {
        receive(parseInvalidation(payload));
      },
    });
    await connection.listen(INVALIDATION_CHANNEL);
    // Only now is it announced: a replica that is announced before it listens would never acknowledge.
    const announcedAt = lease.now();
    announced = await announceReplica(connection, replica, announced);
    lease.renew(announcedAt);
    const beating = heartbeat(connection, await sessionOf(connection));
    reread.resolve(takeIn({ all: true }));
    try {
      await Promise.race([reread.promise, beating, failed.promise]);
      session = connection;
      onUp();
      outages.recovered(OUTAGE_NAME);
      logger.debug({ replica }, 'invalidations arrive');
      await Promise.race([beating, failed.promise]);
    } finally {
      session = undefined;
      // No command waits for a replica that has withdrawn.
      if (closed() && connection.open) {
        const withdrawn = withdrawReplica(connection, announced).catch(() => undefined);
        await Promise.race([withdrawn, delay(WITHDRAW_MS, undefined, { ref: false })]);
      }
    }
  }

  /** Rejects when the connection is lost, or a heartbeat stays unanswered for too long. */
  async function heartbeat(connection: Connection, pid: number): Promise<never> {
    // One listener: a race with `closed` at every beat would leave one more behind each time, for days.
    const lost = new AbortController();
    void connection.closed.then(() => lost.abort());
    const resting = AbortSignal.any([closing.signal, lost.signal]);
    for (;;) {
      const sentAt = lease.now();
      const timer = setTimeout(() => {
        connection.destroy();
      }, HEARTBEAT_TIMEOUT_MS);
      const session = await sessionOf(connection).finally(() => {
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
    let calledAt: Moment | undefined;
    return setInterval(() => {
      const first = held && !lease.held;
      held = lease.held;
      if (held) calledAt = undefined;
      if (held || closed()) return;
      const again = calledAt === undefined || lease.now().steady - calledAt.steady >= LEASE_MS / 2;
      if (!first && !again) return;
      calledAt = lease.now();
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
        outages.failed(OUTAGE_NAME, error, 'the tables are read instead');
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
    onInvalidation(listener) {
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
