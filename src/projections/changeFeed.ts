import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { Unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { createOutageLog } from '../outageLog.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { acknowledge, announceFeed } from './acknowledgements.ts';
import { CHANGES_CHANNEL, parseNotification, type Ask, type Change } from './changes.ts';
import { oneAtATime } from './oneAtATime.ts';

/** How often the connection is asked whether it still stands, and how long it may take to answer. */
const HEARTBEAT_MS = 2_000;
const HEARTBEAT_TIMEOUT_MS = 1_000;
/** How long one answered heartbeat keeps the feed trusted, should this process be frozen before it can send the next. */
const LEASE_MS = 4_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 5_000;
/** What the log of outages calls it. */
const WHAT = 'PostgreSQL (change feed)';

/**
 * Takes a change in. What it does before its first await happens before anything else in this process runs; it has
 * ended when the change is taken in. A rejection counts as the loss of the feed.
 */
export type ChangeListener = (change: Change) => void | Promise<void>;

/** Tells what changes in the read tables, whoever changed it. DESIGN 5. */
export interface ChangeFeed extends AsyncDisposable {
  /** True only while the connection stands and everything has been read again since it stands. */
  readonly trusted: boolean;
  /** Adds a listener; returns the function that removes it. */
  onChange(listener: ChangeListener): () => void;
}

export interface ChangeFeedOptions {
  readonly url: string;
  /** What people call this process, for example `<host>:<port>`. */
  readonly replica: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Opens the change feed; it connects, and reconnects for ever, by itself. */
export function openChangeFeed({ url, replica, logger, clock }: ChangeFeedOptions): ChangeFeed {
  const listeners = new Set<ChangeListener>();
  const outages = createOutageLog({ logger, clock });
  const closing = new AbortController();
  const closed = (): boolean => closing.signal.aborted;
  let session: { readonly connection: Connection; trustedUntil: number } | undefined;

  const tell = async (change: Change): Promise<void> => {
    await Promise.all(
      [...listeners].map(async (listener) => {
        await listener(change);
      }),
    );
  };

  /** Lives as long as one connection. @throws Unavailable; what a listener throws */
  async function serve(): Promise<void> {
    const failed = Promise.withResolvers<never>();
    const reread = Promise.withResolvers<unknown>();
    /** All that was notified so far, the first re-read included. */
    let takenIn: Promise<unknown> = reread.promise;
    let pid = 0;
    const take = (notification: Change | Ask): void => {
      if ('ask' in notification) {
        // The feed's own failures end it elsewhere, and a lost answer is the asker's to notice.
        takenIn.then(() => acknowledge(queryable, { pid, position: notification.ask })).catch(() => undefined);
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
    pid = await announceFeed(connection, replica);
    const beating = heartbeat(connection, queryable, (answeredAt) => {
      if (session !== undefined) session.trustedUntil = answeredAt + LEASE_MS;
    });
    const connectedAt = clock();
    reread.resolve(tell({ all: true }));
    await Promise.race([reread.promise, beating, failed.promise]);
    session = { connection, trustedUntil: connectedAt + LEASE_MS };
    outages.recovered(WHAT);
    logger.debug({ replica }, 'the change feed is up');
    await Promise.race([beating, failed.promise]);
  }

  /** Rejects when the connection is lost, or takes too long to say that it is not. */
  async function heartbeat(
    connection: Connection,
    queryable: Queryable,
    onAnswer: (sentAt: number) => void,
  ): Promise<never> {
    // Listened to once: a race with `closed` at every beat would leave a listener more behind each time, for days.
    const lost = new AbortController();
    void connection.closed.then(() => lost.abort());
    const resting = AbortSignal.any([closing.signal, lost.signal]);
    for (;;) {
      const sentAt = clock();
      const timer = setTimeout(() => {
        connection.destroy();
      }, HEARTBEAT_TIMEOUT_MS);
      await queryable.query<{ one: number }>(sql`select 1 as one`).finally(() => {
        clearTimeout(timer);
      });
      onAnswer(sentAt);
      await delay(HEARTBEAT_MS, undefined, { signal: resting }).catch(() => undefined);
      closing.signal.throwIfAborted();
      if (!connection.open) throw new Unavailable('change-feed-lost', 'The connection of the change feed was lost.');
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !closed(); failures += 1) {
      try {
        await serve();
      } catch (error) {
        if (closed()) return;
        if (session !== undefined) failures = 0;
        outages.failed(WHAT, error, 'the tables are read instead');
      } finally {
        session = undefined;
      }
      const pauseMs = Math.min(RECONNECT_MIN_MS * 2 ** failures, RECONNECT_MAX_MS);
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    get trusted() {
      return session !== undefined && session.connection.open && clock() < session.trustedUntil;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      session?.connection.destroy();
      await running;
    },
  };
}
