import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { steadyClock, type Clock } from '../clock.ts';
import { Unavailable } from '../errors/appError.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { probeSession } from '../postgres/sessionProbe.ts';
import { ACKS_CHANNEL, listFeeds, parseAck, withdrawFeed, type Ack } from './acknowledgements.ts';
import { askFeeds } from '../projections/running/changedSubjects.ts';
import { LEASE_OVER_MS } from './lease.ts';
import { oneAtATime } from './oneAtATime.ts';

/** How often replicas that owe an answer are looked for. */
const POLL_MS = 100;

/** How long a statement may stay unanswered: the host behind the connection is gone then. */
const SILENT_MS = 3_000;

export interface Confirmation {
  /** The replicas that enforce it now. */
  readonly confirmed: readonly string[];
  /** The replicas that did not say so in time. */
  readonly unconfirmed: readonly string[];
}

/** Finds out whether a change is enforced everywhere. DESIGN 4. */
export interface Confirmations extends AsyncDisposable {
  /**
   * Waits until every replica has taken in what the read tables contain now: pump first. One that is connected has
   * `timeoutMs` to say so. One whose session has ended on the server may not have noticed: it is waited for until it is
   * back, or its lease has run out, LEASE_OVER_MS at most.
   * @throws Unavailable
   */
  waitFor(timeoutMs: number): Promise<Confirmation>;
}

export interface ConfirmationsOptions {
  readonly url: string;
  /** (Default: the steady clock) */
  readonly clock?: Clock;
}

/** A connection that hears the answers, and what sends statements over it. */
interface Listening {
  readonly connection: Connection;
  readonly queryable: Queryable;
}

/** A replica's session, as the asker has seen it. */
interface Seen {
  readonly replica: string;
  /** `over`: nobody trusts the session any more. */
  state: 'owes' | 'answered' | 'over';
  readonly since: number;
  /** When it was first seen that the session has ended. */
  endedAt: number | undefined;
}

/** Makes confirmations; the connection is opened by the first `waitFor`, and again after a loss. */
export function openConfirmations({ url, clock = steadyClock }: ConfirmationsOptions): Confirmations {
  const listeners = new Set<(ack: Ack) => void>();
  let connecting: Promise<Listening> | undefined;

  async function connect(): Promise<Listening> {
    await probeSession(url);
    const connection = await openConnection({
      url,
      applicationName: 'metamcp confirmations',
      onNotification: (payload) => {
        const ack = parseAck(payload);
        if (ack !== undefined) for (const listener of listeners) listener(ack);
      },
    });
    await connection.listen(ACKS_CHANNEL);
    return { connection, queryable: orDestroyed(oneAtATime(connection), connection) };
  }

  function connected(): Promise<Listening> {
    if (connecting !== undefined) return connecting;
    const mine = (connecting = connect());
    const forget = (): void => {
      if (connecting === mine) connecting = undefined;
    };
    mine.then(({ connection }) => connection.closed).then(forget, forget);
    return mine;
  }

  /** Takes down who is announced now, and since when who is not connected any more. */
  async function look(queryable: Queryable, seen: Map<number, Seen>): Promise<{ readonly newcomers: boolean }> {
    const feeds = new Map((await listFeeds(queryable)).map((feed) => [feed.id, feed]));
    const now = clock();
    let newcomers = false;
    for (const { id, replica, live } of feeds.values()) {
      const known = seen.get(id);
      if (known === undefined) newcomers ||= live;
      const feed = known ?? { replica, state: 'owes', since: now, endedAt: undefined };
      if (!live) feed.endedAt ??= now;
      seen.set(id, feed);
    }
    for (const [id, feed] of seen) {
      if (feed.state !== 'owes') continue;
      const isOver = feed.endedAt !== undefined && now - feed.endedAt >= LEASE_OVER_MS;
      if (isOver) await withdrawFeed(queryable, id);
      // One that is announced no more has said goodbye, or has announced itself anew.
      if (isOver || !feeds.has(id)) feed.state = 'over';
    }
    return { newcomers };
  }

  async function ask(timeoutMs: number): Promise<Confirmation> {
    const { connection, queryable } = await connected();
    const question = randomUUID();
    const seen = new Map<number, Seen>();
    // One whose connection comes and goes must not keep the asker for ever.
    const giveUpAt = clock() + timeoutMs + LEASE_OVER_MS + timeoutMs;
    /** Some may still answer in time, or their lease goes on. */
    const isWorthWaiting = (): boolean => {
      const now = clock();
      const isWaitedFor = ({ state, since, endedAt }: Seen): boolean =>
        state === 'owes' && (endedAt !== undefined || now - since < timeoutMs);
      return now < giveUpAt && [...seen.values()].some(isWaitedFor);
    };
    let answered = Promise.withResolvers<undefined>();
    const onAck = (ack: Ack): void => {
      const feed = seen.get(ack.feed);
      if (ack.question !== question || feed?.state !== 'owes') return;
      feed.state = 'answered';
      answered.resolve(undefined);
    };
    listeners.add(onAck);
    try {
      for (;;) {
        const { newcomers } = await look(queryable, seen);
        if (newcomers) await askFeeds(queryable, { ask: question });
        if (!isWorthWaiting()) break;
        await Promise.race([answered.promise, connection.closed, delay(POLL_MS, undefined, { ref: false })]);
        answered = Promise.withResolvers<undefined>();
        if (!isWorthWaiting()) break;
      }
    } finally {
      listeners.delete(onAck);
    }
    const named = (chosen: Seen['state']): string[] =>
      [...seen.values()].filter(({ state }) => state === chosen).map(({ replica }) => replica);
    return { confirmed: named('answered'), unconfirmed: named('owes') };
  }

  return {
    async waitFor(timeoutMs) {
      try {
        return await ask(timeoutMs);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        // The connection was idle until now and may have died unnoticed: only a new one can tell.
        return await ask(timeoutMs);
      }
    },
    async [Symbol.asyncDispose]() {
      const listening = await connecting?.catch(() => undefined);
      await listening?.connection[Symbol.asyncDispose]();
    },
  };
}

/** Gives up a connection on which a statement stays unanswered. */
function orDestroyed(queryable: Queryable, connection: Connection): Queryable {
  return {
    async query(statement) {
      const timer = setTimeout(() => connection.destroy(), SILENT_MS);
      try {
        return await queryable.query(statement);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
