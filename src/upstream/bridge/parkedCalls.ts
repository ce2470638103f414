import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { ParkedBudget, ParkedPlace } from './parkedBudget.ts';

interface Parked<T> {
  readonly call: T;
  readonly place: ParkedPlace;
  readonly until: number;
}

export interface ParkedCallsOptions<T> {
  readonly budget: ParkedBudget;
  /** Whose share of it they take. */
  readonly key: string;
  readonly server: string;
  readonly clock: Clock;
  /** How long one waits, in milliseconds. */
  readonly expiryMs: number;
  /** Ends one that nobody comes back for. */
  readonly onEnd: (call: T) => void;
}

/** The calls of one bridge that wait for their clients, each for one repeat, and not for ever. */
export class ParkedCalls<T> implements Disposable {
  readonly #options: ParkedCallsOptions<T>;
  /** Each waits as long as the others: the first to come is the first whose time is over. */
  readonly #parked = new Map<string, Parked<T>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ParkedCallsOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#parked.size;
  }

  /**
   * Parks a call. @param enter takes the place that it gets
   * @returns the id by which it is taken up
   * @throws Limited when there is no room
   */
  park(call: T, enter: (place: ParkedPlace) => void): string {
    const { budget, key, server, clock, expiryMs } = this.#options;
    const place = budget.take(key, server);
    try {
      enter(place);
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    // Not a UUID: Node makes that of 20 texts, which V8 keeps, and so takes 0.8 KB for it.
    const id = randomBytes(16).toString('base64url');
    this.#parked.set(id, { call, place, until: clock() + expiryMs });
    this.#timer ??= this.#startTimer(expiryMs);
    return id;
  }

  /** Finds one that waits. */
  find(id: string): T | undefined {
    const parked = this.#parked.get(id);
    return parked !== undefined && this.#options.clock() < parked.until ? parked.call : undefined;
  }

  /** Takes one up: nobody else can. */
  take(id: string): T | undefined {
    const call = this.find(id);
    if (call !== undefined) this.#forget(id);
    return call;
  }

  /** Ends one, if it still waits. */
  end(id: string): void {
    const parked = this.#parked.get(id);
    if (parked === undefined) return;
    this.#forget(id);
    this.#options.onEnd(parked.call);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#parked.keys()]) this.end(id);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#endTheExpired(), ms).unref();
  }

  #endTheExpired(): void {
    const now = this.#options.clock();
    for (const [id, { until }] of this.#parked) {
      if (until > now) break;
      this.end(id);
    }
    const [first] = this.#parked.values();
    this.#timer = first === undefined ? undefined : this.#startTimer(Math.max(1, first.until - now));
  }

  #forget(id: string): void {
    const parked = this.#parked.get(id);
    parked?.place[Symbol.dispose]();
    this.#parked.delete(id);
  }
}
