/** One place in a SlotList; it knows where it is, so that taking it out needs no search. */
export interface Slot<T> {
  readonly item: T;
  /** −1 when it was taken out. */
  index: number;
}

/**
 * A list whose items come and go with each call. Adding and taking out cost the same however many there are, and leave
 * nothing behind: a Set or Map with one `add` and one `delete` per call makes a dead hash table every few calls, and V8
 * keeps whatever a dead table that has grown old still refers to until it collects the whole heap.
 */
export class SlotList<T> {
  readonly #slots: Slot<T>[] = [];

  get size(): number {
    return this.#slots.length;
  }

  add(item: T): Slot<T> {
    const slot = { item, index: this.#slots.length };
    this.#slots.push(slot);
    return slot;
  }

  /** Takes a slot out; the last one moves into its place. Returns false when it was taken out already. */
  remove(slot: Slot<T>): boolean {
    if (slot.index === -1) return false;
    const last = this.#slots.pop();
    if (last !== undefined && last !== slot) {
      last.index = slot.index;
      this.#slots[slot.index] = last;
    }
    slot.index = -1;
    return true;
  }

  /** Calls back for each item; the callback may take out any of them, and then one may be called for twice. */
  forEach(callback: (item: T) => void): void {
    for (let at = this.#slots.length - 1; at >= 0; at -= 1) {
      const slot = this.#slots[at];
      if (slot !== undefined) callback(slot.item);
    }
  }
}
