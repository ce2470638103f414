import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import type { Connection, Connections } from './connections.ts';
import { endsConnection, leaderOf, meaningOf, type Meaning } from './failures.ts';
import { Unreachable } from './unreachable.ts';

/** How long nobody at all may answer before a call gives up: a server that is down shall be told of soon. */
const NOBODY_MS = 2_000;

/** The longest wait between two tries: an election may end at any time. */
const WAIT_MS = 1_000;

/** With these nobody has looked at the call. */
const UNHEARD: ReadonlySet<Meaning | undefined> = new Set(['elsewhere', 'not-ready', 'unreached']);

export interface RetryPolicyOptions {
  readonly connections: Connections;
  /** How long a call is tried while somebody answers. */
  readonly retryForMs: number;
  readonly maxDiscoverAttempts: number | undefined;
  readonly discoveryIntervalMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** The patience that one call has with elections, restarts and failures of the network. */
export class RetryPolicy {
  readonly #options: RetryPolicyOptions;
  readonly #repeats: (meaning: Meaning) => boolean;
  #start = performance.now();
  #nobodySince: number | undefined;
  #tries = 0;
  #rounds = 0;

  /** @param kind an append whose outcome is open is not sent again here: its caller must know */
  constructor(kind: 'read' | 'append', options: RetryPolicyOptions) {
    this.#options = options;
    this.#repeats = (meaning) => UNHEARD.has(meaning) || (kind === 'read' && meaning === 'open');
  }

  /** Something came: what fails from here on has all the patience again. */
  reset(): void {
    this.#start = performance.now();
    this.#nobodySince = undefined;
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
    const isNobody = error instanceof Unreachable && !error.answered;
    this.#nobodySince = isNobody ? (this.#nobodySince ?? now) : undefined;
    this.#rounds = error instanceof Unreachable && error.answered ? this.#rounds + 1 : 0;
    if (now - this.#start >= retryForMs || this.#rounds >= maxDiscoverAttempts) throw error;
    if (this.#nobodySince !== undefined && now - this.#nobodySince >= Math.min(NOBODY_MS, retryForMs)) throw error;
    this.#tries += 1;
    const waitMs = Math.max(discoveryIntervalMs, Math.min(WAIT_MS, backoffMs(this.#tries)));
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
