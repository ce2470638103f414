import type { ProxyLimits } from '../limits.ts';
import type { HeldAggregate } from './heldAggregate.ts';

type HeldLimits = Pick<ProxyLimits, 'maxOpenAggregates' | 'maxAggregatesPerKey'>;

/** How many are looked at to find one that is idle, each time that room is needed. */
const TRIES = 16;

/** The aggregates that are held, within bounds: those that were opened first, and are idle, make room for others. */
export class HeldSet {
  readonly #limits: HeldLimits;
  readonly #byId = new Map<string, HeldAggregate>();
  /** In the order in which they were opened last; some have been parked meanwhile. */
  readonly #opened = new Set<string>();
  readonly #ofKey = new Map<string, Set<string>>();

  constructor(limits: HeldLimits) {
    this.#limits = limits;
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
    this.#makeRoom(id, this.#opened, this.#limits.maxOpenAggregates, rest);
    this.#makeRoom(id, ofKey, this.#limits.maxAggregatesPerKey, (one) => one.endIfIdle());
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

  /**
   * @param last the one for which room is made, behind all others
   * @param letGo returns whether it has
   */
  #makeRoom(last: string, ids: Set<string>, max: number, letGo: (one: HeldAggregate) => boolean): void {
    let tries = TRIES;
    for (const id of ids) {
      // Where it is reached, all others are in use.
      if (id === last || ids.size <= max || tries-- === 0) return;
      ids.delete(id);
      const one = this.#byId.get(id);
      // One that is in use is looked at again after the others.
      if (one !== undefined && !letGo(one)) ids.add(id);
    }
  }
}
