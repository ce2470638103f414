import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';

/** Ends in a row that cost no wait: a program may fail now and then. */
const FREE = 3;
/** Who used which server, of those whose programs ended: the oldest are forgotten. */
const MAX_NOTED = 10_000;

/** Programs that end by themselves soon after their start, by server and by the key that used them. */
export class Crashes {
  readonly #clock: Clock;
  readonly #waitMs: (attempt: number) => number;
  readonly #forgetMs: number;
  readonly #noted = new LRUCache<string, { readonly times: number; readonly at: number }>({ max: MAX_NOTED });

  /**
   * @param waitMs before try `attempt`, of which 1 is the first
   * @param forgetMs after which an end counts no more
   */
  constructor(clock: Clock, { waitMs, forgetMs }: { waitMs: (attempt: number) => number; forgetMs: number }) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#forgetMs = forgetMs;
  }

  /** A program has ended by itself. */
  note(id: string): void {
    this.#noted.set(id, { times: this.#timesOf(id) + 1, at: this.#clock() });
  }

  /** Gives how long the next program is to be waited for, in milliseconds: each costs the gateway a moment in which it does nothing else. */
  waitMs(id: string): number {
    const times = this.#timesOf(id);
    return times < FREE ? 0 : this.#waitMs(times - FREE + 1);
  }

  /** All of a server is to be tried at once. @param begin of the ids of its users */
  forget(begin: string): void {
    for (const id of [...this.#noted.keys()]) if (id.startsWith(begin)) this.#noted.delete(id);
  }

  #timesOf(id: string): number {
    const noted = this.#noted.get(id);
    return noted === undefined || this.#clock() - noted.at >= this.#forgetMs ? 0 : noted.times;
  }
}
