import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { ACKS_CHANNEL, listFeeds, parseAck, type Ack } from './acknowledgements.ts';
import { askFeeds } from './changes.ts';
import { oneAtATime } from './oneAtATime.ts';

/** How often replicas that owe an answer are looked for: one that lost its feed trusts its memory no more. */
const GONE_POLL_MS = 100;

/** How long a statement may stay unanswered beyond the time-out: the host behind the connection is gone then. */
const SILENT_MS = 1_000;

export interface Confirmation {
  /** The replicas that enforce it now. */
  readonly confirmed: readonly string[];
  /** The replicas that did not say so in time. */
  readonly unconfirmed: readonly string[];
}

/** Finds out whether a change is enforced everywhere. DESIGN 4. */
export interface Confirmations extends AsyncDisposable {
  /**
   * Waits until every live replica has taken in what the read tables contain now, `position` included: pump first.
   * A replica without a connected change feed reads the tables at every call, so its answer is not needed.
   * @throws Unavailable
   */
  waitFor(position: bigint, timeoutMs: number): Promise<Confirmation>;
}

/** A connection that hears the answers, and what sends statements over it. */
interface Listening {
  readonly connection: Connection;
  readonly queryable: Queryable;
}

/** Makes confirmations; the connection is opened by the first `waitFor`, and again after a loss. */
export function openConfirmations({ url }: { readonly url: string }): Confirmations {
  const listeners = new Set<(ack: Ack) => void>();
  let connecting: Promise<Listening> | undefined;

  async function connect(): Promise<Listening> {
    const connection = await openConnection({
      url,
      applicationName: 'metamcp confirmations',
      onNotification: (payload) => {
        const ack = parseAck(payload);
        if (ack !== undefined) for (const listener of listeners) listener(ack);
      },
    });
    await connection.listen(ACKS_CHANNEL);
    return { connection, queryable: oneAtATime(connection) };
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

  async function ask(position: bigint, timeoutMs: number): Promise<Confirmation> {
    const signal = AbortSignal.timeout(timeoutMs);
    const { connection, queryable } = await connected();
    // The time-out is looked at between statements: one that is never answered needs this.
    const silent = setTimeout(() => connection.destroy(), timeoutMs + SILENT_MS);
    const isOpen = (): boolean => connection.open;
    const replicas = new Map<number, string>();
    const missing = new Set<number>();
    const all = Promise.withResolvers<undefined>();
    const onAck = (ack: Ack): void => {
      // One who answers a later question has taken in what came before it, too.
      if (ack.position >= position) missing.delete(ack.pid);
      if (missing.size === 0) all.resolve(undefined);
    };
    listeners.add(onAck);
    try {
      for (const { pid, replica } of await listFeeds(queryable)) {
        replicas.set(pid, replica);
        missing.add(pid);
      }
      if (missing.size > 0) await askFeeds(queryable, position);
      while (missing.size > 0 && !signal.aborted && isOpen()) {
        await Promise.race([all.promise, connection.closed, pause(GONE_POLL_MS, signal)]);
        if (missing.size === 0 || !isOpen()) break;
        const live = new Set((await listFeeds(queryable)).map(({ pid }) => pid));
        for (const pid of missing) {
          if (live.has(pid)) continue;
          missing.delete(pid);
          replicas.delete(pid);
        }
      }
    } finally {
      clearTimeout(silent);
      listeners.delete(onAck);
    }
    const named = (chosen: (pid: number) => boolean): string[] =>
      [...replicas].filter(([pid]) => chosen(pid)).map(([, replica]) => replica);
    return { confirmed: named((pid) => !missing.has(pid)), unconfirmed: named((pid) => missing.has(pid)) };
  }

  return {
    async waitFor(position, timeoutMs) {
      try {
        return await ask(position, timeoutMs);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        // The connection was idle until now and may have died unnoticed: only a new one can tell.
        return await ask(position, timeoutMs);
      }
    },
    async [Symbol.asyncDispose]() {
      const listening = await connecting?.catch(() => undefined);
      await listening?.connection[Symbol.asyncDispose]();
    },
  };
}

/** Resolves after `ms`, or as soon as the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
