import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import type { Connection, Connections } from './connections.ts';
import { endsConnection, leaderOf, meaningOf, type Meaning } from './failures.ts';
import { Unreachable } from './unreachable.ts';

/** How long a call is retried while no node answers, in ms: a server that is down is reported soon. */
const UNREACHABLE_MS = 2_000;

/** The longest wait between two tries: an election may end at any time. */
const WAIT_MS = 1_000;

/** With these no node has looked at the call. */
const NOT_SEEN: ReadonlySet<Meaning | undefined> = new Set(['elsewhere', 'not-ready', 'unreached']);

export interface RetryPolicyOptions {
  readonly connections: Connections;
  /** How long a call is retried while a node answers, in ms. */
  readonly retryForMs: number;
  readonly maxDiscoverAttempts: number | undefined;
  readonly discoveryIntervalMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Decides whether and when one call is made again: after elections, restarts and failures of the network. */
export class RetryPolicy {
  readonly #options: RetryPolicyOptions;
  readonly #repeats: (meaning: Meaning) => boolean;
  #start = performance.now();
  #unreachableSince: number | undefined;
  #tries = 0;
  #rounds = 0;

  /** @param kind an append whose outcome is open is not sent again here: its caller must know */
  constructor(kind: 'read' | 'append', options: RetryPolicyOptions) {
    this.#options = options;
    this.#repeats = (meaning) => NOT_SEEN.has(meaning) || (kind === 'read' && meaning === 'open');
  }

  /** Begins anew, because an answer came: what fails from here on is retried for the whole time again. */
  reset(): void {
    this.#start = performance.now();
    this.#unreachableSince = undefined;
    this.#tries = 0;
    this.#rounds = 0;
  }

  /** Gives up the connection if it failed, and waits before the next try. @throws the error itself when there is none */
  async after(error: unknown, connection: Connection | undefined): Promise<void> {
    const { connections, retryForMs, signal, maxDiscoverAttempts = Infinity, discoveryIntervalMs } = this.#options;
    if (connection !== undefined && endsConnection(error)) connections.drop(connection, leaderOf(error));
    const meaning = meaningOf(error);
    if (meaning === undefined || !this.#repeats(meaning) || signal.aborted) throw error;
    const now = performance.now();
    const isUnreachable = error instanceof Unreachable && !error.answered;
    this.#unreachableSince = isUnreachable ? (this.#unreachableSince ?? now) : undefined;
    this.#rounds = error instanceof Unreachable && error.answered ? this.#rounds + 1 : 0;
    if (now - this.#start >= retryForMs || this.#rounds >= maxDiscoverAttempts) throw error;
    if (this.#unreachableSince !== undefined && now - this.#unreachableSince >= Math.min(UNREACHABLE_MS, retryForMs))
      throw error;
    this.#tries += 1;
    const waitMs = Math.max(discoveryIntervalMs, Math.min(WAIT_MS, backoffMs(this.#tries)));
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
