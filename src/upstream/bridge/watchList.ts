import { UriRoom } from '../uriRoom.ts';

/** The resources that a legacy client watches, and who follows which ones they are. */
export class WatchList {
  readonly #uris = new Set<string>();
  readonly #room = new UriRoom();
  readonly #listeners = new Set<() => void>();

  get uris(): readonly string[] {
    return [...this.#uris];
  }

  has(uri: string): boolean {
    return this.#uris.has(uri);
  }

  /** Returns whether there was room. */
  add(uri: string): boolean {
    if (this.#uris.has(uri)) return true;
    if (!this.#room.take(uri)) return false;
    this.#uris.add(uri);
    this.#changed();
    return true;
  }

  remove(uri: string): void {
    if (!this.#uris.delete(uri)) return;
    this.#room.giveBack(uri);
    this.#changed();
  }

  /** Calls back when they are others; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
