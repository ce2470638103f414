import type { CallLimits } from './callLimits.ts';
import { roomRefusal } from './share.ts';

/** The room of one body, or of one answer that is read whole. */
export interface BodyLease {
  /** @throws Limited `too-many-bodies` */
  grow(bytes: number): void;
  /** Gives all of it back; it may grow again. */
  release(): void;
}

/** The room of all bodies under way, and of answers that are read whole, shared between keys. */
export class BodyRoom {
  readonly #limits: CallLimits;
  #bytes = 0;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Taken, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param holder counts the bytes of one key; looked up each time, for it may be forgotten when it holds nothing */
  lease(holder: () => { bodyBytes: number }): BodyLease {
    let leased = 0;
    const count = (bytes: number): void => {
      holder().bodyBytes += bytes;
      this.#bytes += bytes;
      leased += bytes;
    };
    return {
      grow: (bytes) => {
        const full = roomRefusal(holder().bodyBytes + bytes, this.#bytes + bytes, this.#limits);
        if (full !== undefined) throw full;
        count(bytes);
      },
      release: () => {
        if (leased > 0) count(-leased);
      },
    };
  }
}
