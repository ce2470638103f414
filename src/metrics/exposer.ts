import { inSlices } from '../slices.ts';
import { expose, type Format } from './exposition.ts';
import type { Metric } from './metric.ts';

export interface ExposerOptions {
  /** Read after each refresh. */
  readonly metrics: Iterable<Metric>;
  /** Reads anew what is not at hand. Resolves within a bounded time, and never rejects. */
  readonly refresh: () => Promise<unknown>;
}

/** Writes all metrics down. Who asks while that goes on gets the same text: any number of scrapes costs as much as one of each format. */
export class Exposer {
  readonly #options: ExposerOptions;
  readonly #underWay = new Map<Format, Promise<string>>();

  constructor(options: ExposerOptions) {
    this.#options = options;
  }

  write(format: Format): Promise<string> {
    let writing = this.#underWay.get(format);
    if (writing === undefined) {
      writing = this.#write(format).finally(() => this.#underWay.delete(format));
      this.#underWay.set(format, writing);
    }
    return writing;
  }

  async #write(format: Format): Promise<string> {
    await this.#options.refresh();
    return await inSlices(expose(this.#options.metrics, format));
  }
}
