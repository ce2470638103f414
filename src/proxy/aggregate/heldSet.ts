import type { HeldAggregate } from './heldAggregate.ts';

/** Aggregates that are open at once, parked ones aside; those that are in use are not counted out. Each takes some 15 KiB. */
const MAX_OPEN = 4_000;

/** Aggregates of one key, parked or open. What a parked one holds is 1 KiB here, and a session at each server that it has used. */
const MAX_OF_KEY = 10_000;

/** How many are looked at to find one that is idle, each time that room is needed. */
const TRIES = 16;

export interface HeldBounds {
  /** (Default: 4_000) */
  readonly maxOpen?: number | undefined;
  /** (Default: 10_000) */
  readonly maxOfKey?: number | undefined;
}

/** The aggregates that are held, within bounds: those that were opened first, and are idle, make room for others. */
export class HeldSet {
  readonly #maxOpen: number;
  readonly #maxOfKey: number;
  readonly #byId = new Map<string, HeldAggregate>();
  /** In the order in which they were opened last; some have been parked meanwhile. */
  readonly #opened = new Set<string>();
  readonly #ofKey = new Map<string, Set<string>>();

  constructor({ maxOpen = MAX_OPEN, maxOfKey = MAX_OF_KEY }: HeldBounds = {}) {
    this.#maxOpen = maxOpen;
    this.#maxOfKey = maxOfKey;
  }

  get(id: string): HeldAggregate | undefined {
    return this.#byId.get(id);
  }

  add(held: HeldAggregate): void {
    this.#byId.set(held.id, held);
    this.opened(held.id, held.principal.keyId);
  }

  /** Makes room for one that is being opened. */
  opened(id: string, keyId: string): void {
    const ofKey = this.#ofKey.get(keyId) ?? new Set();
    this.#ofKey.set(keyId, ofKey);
    for (const ids of [this.#opened, ofKey]) {
      ids.delete(id);
      ids.add(id);
    }
    // In the modern era nothing is lost with one.
    const rest = (one: HeldAggregate): boolean => one.rest() || (one.protocolVersion === undefined && one.endIfIdle());
    this.#makeRoom(this.#opened, this.#maxOpen, rest);
    this.#makeRoom(ofKey, this.#maxOfKey, (one) => one.endIfIdle());
  }

  forget(held: HeldAggregate): void {
    const { id, principal } = held;
    if (this.#byId.get(id) !== held) return;
    this.#byId.delete(id);
    this.#opened.delete(id);
    const ofKey = this.#ofKey.get(principal.keyId);
    ofKey?.delete(id);
    if (ofKey?.size === 0) this.#ofKey.delete(principal.keyId);
  }

  /** @param letGo returns whether it has */
  #makeRoom(ids: Set<string>, max: number, letGo: (one: HeldAggregate) => boolean): void {
    let tries = TRIES;
    for (const id of ids) {
      if (ids.size <= max || tries-- === 0) return;
      ids.delete(id);
      const one = this.#byId.get(id);
      // One that is in use is looked at again after the others.
      if (one !== undefined && !letGo(one)) ids.add(id);
    }
  }
}
