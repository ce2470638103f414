import type { EndedSessions } from '../../src/live/endedSessions.ts';

/** Ended sessions in memory, for gateways without a database: several may share it, as replicas do. */
export class MemoryEndedSessions implements EndedSessions {
  readonly #ended = new Set<string>();
  readonly #listeners = new Set<(id: string) => void>();

  has(id: string): boolean {
    return this.#ended.has(id);
  }

  add(id: string): Promise<void> {
    this.#ended.add(id);
    for (const listener of this.#listeners) listener(id);
    return Promise.resolve();
  }

  onEnd(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
