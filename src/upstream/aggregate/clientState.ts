import type { Upstream } from '../upstream.ts';
import { request } from '../request.ts';
import { UriRoom } from '../uriRoom.ts';

/** Where a resource is watched. */
export interface Watched {
  readonly place: string;
  /** The server's own URI of it. */
  readonly own: string;
}

/** What a legacy client has set once for all servers, and what a conversation that is opened later must get, too. */
export class ClientState {
  #level: string | undefined;
  /** How often each resource is watched, at which place, and by which URI there. */
  readonly #watched = new Map<string, Watched & { count: number }>();
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
  watch(uri: string, { place, own }: Watched): void {
    const known = this.#watched.get(uri);
    if (known?.place === place) {
      known.count++;
      return;
    }
    if (known === undefined && !this.#room.take(uri)) return;
    this.#watched.set(uri, { place, own, count: 1 });
  }

  /** Notes it however often it is asked for: a server that is asked itself does not count. */
  watchOnce(uri: string, place: string): void {
    if (this.#watched.get(uri)?.place !== place) this.watch(uri, { place, own: uri });
  }

  /** Returns where it is to be watched no longer; undefined: it still is, or never was. */
  unwatch(uri: string): Watched | undefined {
    const known = this.#watched.get(uri);
    if (known === undefined || --known.count > 0) return undefined;
    this.#watched.delete(uri);
    this.#room.giveBack(uri);
    return known;
  }

  /** Tells whether it is watched, and at another place. */
  isWatchedElsewhere(uri: unknown, place: string): boolean {
    const known = typeof uri === 'string' ? this.#watched.get(uri) : undefined;
    return known !== undefined && known.place !== place;
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
    for (const { place: at, own: uri } of this.#watched.values()) {
      if (at === place) asked.push(request(upstream, { method: 'resources/subscribe', params: { uri } }));
    }
    await Promise.allSettled(asked);
  }
}
