import { setImmediate as nextTurn } from 'node:timers/promises';

/** How much a server may send that nobody waits for. */
export interface PaceSettings {
  /** Messages at once. With what they count in bytes, that is 31 MiB. */
  readonly burst: number;
  /** And then each second, or 16 MiB. */
  readonly perSecond: number;
}

/** Tools that report each step of theirs stay below it; a server that floods is slowed down to a few percent of a processor. */
export const DEFAULT_PACE: PaceSettings = { burst: 2_000, perSecond: 1_000 };

/**
 * So many bytes count as one message, also those of answers that somebody waits for: to read, to look at and to pass on 16 MiB takes
 * some 0.15 s of the processor, so that one server with large answers takes a sixth of it at most.
 */
const BYTES_PER_MESSAGE = 16_384;

/** Messages that are read without giving way to others, and for which it waits after a flood. */
const TURN = 64;

/**
 * Paces the reading of one server, so that a flood costs no other server its turn: what is not read waits with the server, whose
 * writing ends when the pipe or connection is full.
 */
export class Pace {
  readonly #settings: PaceSettings;
  readonly #clock: () => number;
  #left: number;
  #refilledAt: number;
  #sinceTurn = 0;
  #isLetThrough = false;
  #letThrough: (() => void) | undefined;

  /** @param clock in milliseconds */
  constructor(settings: PaceSettings = DEFAULT_PACE, clock: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#clock = clock;
    this.#left = settings.burst;
    this.#refilledAt = clock();
  }

  /** Counts a message that nobody waited for. */
  spend(): void {
    this.#left -= 1;
    this.#sinceTurn += 1;
  }

  /** Counts what was read from a server, whatever it is. */
  count(chunk: Buffer): void {
    this.#left -= chunk.length / BYTES_PER_MESSAGE;
  }

  /** Gives what is read from a server, and counts it. */
  async *read(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of chunks) {
      this.count(chunk);
      yield chunk;
      await this.turn();
    }
  }

  /** Waits until more may be read; undefined: it may be read now. */
  turn(): Promise<void> | undefined {
    if (this.#isLetThrough || (this.#left >= 0 && this.#sinceTurn < TURN)) return undefined;
    this.#sinceTurn = 0;
    const { burst, perSecond } = this.#settings;
    const now = this.#clock();
    this.#left = Math.min(burst, this.#left + ((now - this.#refilledAt) / 1_000) * perSecond);
    this.#refilledAt = now;
    if (this.#left >= 0) return nextTurn();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), ((Math.min(TURN, burst) - this.#left) / perSecond) * 1_000);
    timer.unref();
    this.#letThrough = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    return promise;
  }

  /** The server sends no more: what is left is read at once. */
  letThrough(): void {
    this.#isLetThrough = true;
    this.#letThrough?.();
  }
}
