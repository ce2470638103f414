import type { Room } from '../room.ts';

/** Room for what a call receives, which another one lends once the call goes on for somebody else. */
export class SwitchedRoom implements Room {
  #lend: (() => Room) | undefined;
  #current: Room | undefined;
  /** Taken now, in bytes. */
  bytes = 0;

  /** @param lend undefined: nobody counts */
  constructor(lend: (() => Room) | undefined) {
    this.#lend = lend;
  }

  /** The one before gets back what it has lent. */
  switch(lend: (() => Room) | undefined): void {
    this.release();
    this.#current = undefined;
    this.#lend = lend;
  }

  grow(bytes: number): void {
    this.#current ??= this.#lend?.();
    this.#current?.grow(bytes);
    this.bytes += bytes;
  }

  release(): void {
    this.#current?.release();
    this.bytes = 0;
  }
}
