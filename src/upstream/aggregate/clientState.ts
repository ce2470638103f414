import type { Upstream } from '../upstream.ts';
import { request } from '../request.ts';
import { UriRoom } from '../uriRoom.ts';

/** What a legacy client has set once for all servers, and what a conversation that is opened later must get, too. */
export class ClientState {
  #level: string | undefined;
  /** How often each resource is watched, and at which place. */
  readonly #watched = new Map<string, { readonly place: string; count: number }>();
  readonly #room = new UriRoom();

  /** It can't be made anew from what a session's token holds. */
  get isEmpty(): boolean {
    return this.#level === undefined && this.#watched.size === 0;
  }

  setLevel(level: string): void {
    this.#level = level;
  }

  hasRoomFor(uri: string): boolean {
    return this.#watched.has(uri) || this.#room.has(uri);
  }

  /** Notes that a resource is watched, where there is room for it. */
  watch(uri: string, place: string): void {
    const known = this.#watched.get(uri);
    if (known?.place === place) {
      known.count++;
      return;
    }
    if (known === undefined && !this.#room.take(uri)) return;
    this.#watched.set(uri, { place, count: 1 });
  }

  /** Notes it however often it is asked for: a server that is asked itself does not count. */
  watchOnce(uri: string, place: string): void {
    if (this.#watched.get(uri)?.place !== place) this.watch(uri, place);
  }

  /** Returns the place at which it is to be watched no longer; undefined: it still is, or never was. */
  unwatch(uri: string): string | undefined {
    const known = this.#watched.get(uri);
    if (known === undefined || --known.count > 0) return undefined;
    this.#watched.delete(uri);
    this.#room.giveBack(uri);
    return known.place;
  }

  isWatchedAt(place: string): boolean {
    return [...this.#watched.values()].some((one) => one.place === place);
  }

  /** Sets up a conversation that has just been opened with the member at a place. What a server refuses is not the business of who opened it. */
  async restore(place: string, upstream: Upstream): Promise<void> {
    const { capabilities } = upstream.facts;
    const asked: Promise<unknown>[] = [];
    if (this.#level !== undefined && capabilities['logging'] !== undefined) {
      asked.push(request(upstream, { method: 'logging/setLevel', params: { level: this.#level } }));
    }
    for (const [uri, one] of this.#watched) {
      if (one.place === place) asked.push(request(upstream, { method: 'resources/subscribe', params: { uri } }));
    }
    await Promise.allSettled(asked);
  }
}
