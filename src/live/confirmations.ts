import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { steadyClock, type Clock } from '../clock.ts';
import { Unavailable } from '../errors/appError.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { probeSession } from '../postgres/sessionProbe.ts';
import { ACKNOWLEDGEMENT_CHANNEL, parseAcknowledgement, type Acknowledgement } from './acknowledgements.ts';
import { requestConfirmation } from '../projections/tables/invalidation.ts';
import { LEASE_OVER_MS } from './lease.ts';
import { listReplicas, withdrawReplica } from './replicas.ts';

/** How often the announced replicas are listed. */
const POLL_MS = 100;

/** How long a statement may stay unanswered: the host behind the connection is gone then. */
const SILENT_MS = 3_000;

export interface Confirmation {
  /** The replicas that enforce it now. */
  readonly confirmed: readonly string[];
  /** The replicas that did not confirm it in time. */
  readonly unconfirmed: readonly string[];
}

/** Finds out whether every replica enforces a change. docs/adr/0005; docs/architecture.md, Write path. */
export interface Confirmations extends AsyncDisposable {
  /**
   * Waits until every replica has taken in what the read tables contain now: pump first. A replica that is connected has
   * `timeoutMs` to confirm. One whose session has ended on the server may not have noticed: this waits until it is back,
   * or its lease has run out, LEASE_OVER_MS at most.
   * @throws Unavailable
   */
  waitFor(timeoutMs: number): Promise<Confirmation>;
}

export interface ConfirmationsOptions {
  readonly url: string;
  /** (Default: the steady clock) */
  readonly clock?: Clock;
}

/** A connection that hears acknowledgements, and what sends statements over it. */
interface Listening {
  readonly connection: Connection;
  readonly queryable: Queryable;
}

/** One session of a replica, while its confirmation is awaited. */
interface Awaited {
  readonly replica: string;
  /** `over`: the replica does not trust the session any more. */
  state: 'owes' | 'answered' | 'over';
  readonly since: number;
  /** When it was first seen that the session has ended. */
  endedAt: number | undefined;
}

/** Makes confirmations; the connection is opened by the first `waitFor`, and again after a loss. */
export function openConfirmations({ url, clock = steadyClock }: ConfirmationsOptions): Confirmations {
  const listeners = new Set<(acknowledgement: Acknowledgement) => void>();
  let connecting: Promise<Listening> | undefined;

  async function connect(): Promise<Listening> {
    await probeSession(url);
    const connection = await openConnection({
      url,
      applicationName: 'metamcp confirmations',
      onNotification: (payload) => {
        const acknowledgement = parseAcknowledgement(payload);
        if (acknowledgement !== undefined) for (const listener of listeners) listener(acknowledgement);
      },
    });
    await connection.listen(ACKNOWLEDGEMENT_CHANNEL);
    return { connection, queryable: orDestroyed(connection) };
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

  /** Notes which replicas are announced now, and since when one is not connected any more. */
  async function observe(
    queryable: Queryable,
    awaited: Map<number, Awaited>,
  ): Promise<{ readonly newcomers: boolean }> {
    const announced = new Map((await listReplicas(queryable)).map((each) => [each.id, each]));
    const now = clock();
    let newcomers = false;
    for (const { id, replica, live } of announced.values()) {
      const known = awaited.get(id);
      if (known === undefined) newcomers ||= live;
      const session = known ?? { replica, state: 'owes', since: now, endedAt: undefined };
      if (!live) session.endedAt ??= now;
      awaited.set(id, session);
    }
    for (const [id, session] of awaited) {
      if (session.state !== 'owes') continue;
      const isOver = session.endedAt !== undefined && now - session.endedAt >= LEASE_OVER_MS;
      if (isOver) await withdrawReplica(queryable, id);
      // One that is announced no more has withdrawn, or has announced itself anew.
      if (isOver || !announced.has(id)) session.state = 'over';
    }
    return { newcomers };
  }

  async function ask(timeoutMs: number): Promise<Confirmation> {
    const { connection, queryable } = await connected();
    const question = randomUUID();
    const awaited = new Map<number, Awaited>();
    // A replica whose connection comes and goes must not delay this for ever.
    const giveUpAt = clock() + timeoutMs + LEASE_OVER_MS + timeoutMs;
    /** Some replicas may still confirm in time, or their lease goes on. */
    const isWorthWaiting = (): boolean => {
      const now = clock();
      const isWaitedFor = ({ state, since, endedAt }: Awaited): boolean =>
        state === 'owes' && (endedAt !== undefined || now - since < timeoutMs);
      return now < giveUpAt && [...awaited.values()].some(isWaitedFor);
    };
    let answered = Promise.withResolvers<undefined>();
    const onAcknowledgement = (acknowledgement: Acknowledgement): void => {
      const session = awaited.get(acknowledgement.feed);
      if (acknowledgement.question !== question || session?.state !== 'owes') return;
      session.state = 'answered';
      answered.resolve(undefined);
    };
    listeners.add(onAcknowledgement);
    try {
      for (;;) {
        const { newcomers } = await observe(queryable, awaited);
        if (newcomers) await requestConfirmation(queryable, { ask: question });
        if (!isWorthWaiting()) break;
        await Promise.race([answered.promise, connection.closed, delay(POLL_MS, undefined, { ref: false })]);
        answered = Promise.withResolvers<undefined>();
        if (!isWorthWaiting()) break;
      }
    } finally {
      listeners.delete(onAcknowledgement);
    }
    const named = (chosen: Awaited['state']): string[] =>
      [...awaited.values()].filter(({ state }) => state === chosen).map(({ replica }) => replica);
    return { confirmed: named('answered'), unconfirmed: named('owes') };
  }

  return {
    async waitFor(timeoutMs) {
      try {
        return await ask(timeoutMs);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        // The connection was idle until now and may have died unnoticed: a new one shows whether PostgreSQL answers.
        return await ask(timeoutMs);
      }
    },
    async [Symbol.asyncDispose]() {
      const listening = await connecting?.catch(() => undefined);
      await listening?.connection[Symbol.asyncDispose]();
    },
  };
}

/** Gives a connection up on which a statement stays unanswered. */
function orDestroyed(connection: Connection): Queryable {
  return {
    async query(statement) {
      const timer = setTimeout(() => connection.destroy(), SILENT_MS);
      try {
        return await connection.query(statement);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
