/** Finds an event by its id: an open-addressed hash table of event numbers, 4 bytes a slot. */
export class IdIndex {
  #slots = new Int32Array(1 << 12);
  #used = 0;
  readonly #idAt: (event: number) => Buffer;

  constructor(idAt: (event: number) => Buffer) {
    this.#idAt = idAt;
  }

  find(id: Buffer): number | undefined {
    const event = this.#slots[this.#slotOf(id)]! - 1;
    return event < 0 ? undefined : event;
  }

  /** The newest event with an id wins. */
  put(id: Buffer, event: number): void {
    if (this.#used * 2 >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(id);
    if (this.#slots[slot] === 0) this.#used++;
    this.#slots[slot] = event + 1;
  }

  clear(): void {
    this.#slots = new Int32Array(1 << 12);
    this.#used = 0;
  }

  #slotOf(id: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = hash(id) & mask;
    while (this.#slots[slot] !== 0 && !this.#idAt(this.#slots[slot]! - 1).equals(id)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#slots[this.#slotOf(this.#idAt(entry - 1))] = entry;
  }
}

function hash(id: Buffer): number {
  let sum = 0x811c9dc5;
  for (const byte of id) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum ^ (sum >>> 15);
}
