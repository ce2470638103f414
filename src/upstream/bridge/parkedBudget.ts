import { Limited } from '../../errors/appError.ts';
import type { Room } from '../room.ts';

/** Calls that may be parked at once, and what they may hold. */
export interface ParkedBounds {
  /** Of one key. (Default: 64) */
  readonly perKey: number;
  /** In all. (Default: 1_024) */
  readonly total: number;
  /** Of what servers have sent for the parked calls of one key. (Default: 16 MiB) */
  readonly bytesPerKey: number;
  /** In all. (Default: 128 MiB) */
  readonly bytesInAll: number;
}

const DEFAULT_BOUNDS: ParkedBounds = {
  perKey: 64,
  total: 1_024,
  bytesPerKey: 16 * 1024 * 1024,
  bytesInAll: 128 * 1024 * 1024,
};

/** The place of one parked call. Disposing gives it back. */
export interface ParkedPlace extends Disposable {
  /** Takes room for what is kept of what the server has sent. @throws Limited when there is none */
  grow(bytes: number): void;
  /** Room for what the server is sending. */
  lease(): Room;
}

interface Holder {
  calls: number;
  bytes: number;
}

/** Counts the calls that are parked: of each key, and of the whole gateway, which has one of these. */
export class ParkedBudget {
  readonly #bounds: ParkedBounds;
  readonly #all: Holder = { calls: 0, bytes: 0 };
  readonly #keys = new Map<string, Holder>();
  readonly #servers = new Map<string, number>();

  constructor(bounds: Partial<ParkedBounds> = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
  }

  /** Calls that are parked now. */
  get calls(): number {
    return this.#all.calls;
  }

  /** Those of a server. */
  callsAt(server: string): number {
    return this.#servers.get(server) ?? 0;
  }

  /** What servers have sent for them, in bytes. */
  get bytes(): number {
    return this.#all.bytes;
  }

  /** Keys that have parked calls. */
  get keys(): number {
    return this.#keys.size;
  }

  /**
   * Takes the place of one call.
   * @param key whose share it is of
   * @param server at which the call is under way
   * @throws Limited `too-many-parked-calls`
   */
  take(key: string, server: string): ParkedPlace {
    const holder = this.#keys.get(key) ?? { calls: 0, bytes: 0 };
    const { perKey, total } = this.#bounds;
    if (holder.calls >= perKey) throw tooMany(`${perKey} calls of this key wait for input already`);
    if (this.#all.calls >= total) throw tooMany(`${total} calls wait for input already`);
    this.#keys.set(key, holder);
    holder.calls++;
    this.#all.calls++;
    this.#servers.set(server, this.callsAt(server) + 1);
    let held = 0;
    let isGivenBack = false;
    const count = (bytes: number): void => {
      if (isGivenBack) return;
      const { bytesPerKey, bytesInAll } = this.#bounds;
      const isTooMuch = holder.bytes + bytes > bytesPerKey || this.#all.bytes + bytes > bytesInAll;
      if (bytes > 0 && isTooMuch) throw tooMany('servers have sent too much for calls that wait for input');
      held += bytes;
      holder.bytes += bytes;
      this.#all.bytes += bytes;
    };
    return {
      grow: count,
      lease: () => {
        let leased = 0;
        return {
          grow: (bytes) => {
            count(bytes);
            leased += bytes;
          },
          release: () => {
            count(-leased);
            leased = 0;
          },
        };
      },
      [Symbol.dispose]: () => {
        if (isGivenBack) return;
        count(-held);
        isGivenBack = true;
        this.#all.calls--;
        if (--holder.calls === 0) this.#keys.delete(key);
        const left = this.callsAt(server) - 1;
        if (left === 0) this.#servers.delete(server);
        else this.#servers.set(server, left);
      },
    };
  }
}

function tooMany(why: string): Limited {
  return new Limited(
    'too-many-parked-calls',
    `The server asks for input, and the call can’t wait for it: ${why}. Answer or leave the calls that wait, and call again later.`,
  );
}
