import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';

/** Servers remembered. */
const MAX_SERVERS = 10_000;

/** How long an era counts, in milliseconds: a server that learns the modern one goes on to know the legacy one. */
const REMEMBERED_MS = 10 * 60_000;

type Configured = Pick<LiveServer, 'name' | 'revision'>;

/** The eras that servers were found to be of, each for one revision of a server's configuration, and not for long. */
export class Eras {
  readonly #clock: Clock;
  readonly #eras = new LRUCache<string, { readonly revision: number; readonly era: Era; readonly until: number }>({
    max: MAX_SERVERS,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Recalls the era of a server; undefined: it is to be found out. */
  recall({ name, revision }: Configured): Era | undefined {
    const known = this.#eras.get(name);
    if (known === undefined) return undefined;
    if (known.revision === revision && this.#clock() < known.until) return known.era;
    this.#eras.delete(name);
    return undefined;
  }

  /** Notes what a server has shown; an era that is confirmed is not remembered for longer. */
  note({ name, revision }: Configured, era: Era): void {
    const known = this.#eras.get(name);
    const isKnown = known?.revision === revision && known.era === era && this.#clock() < known.until;
    if (isKnown || (known !== undefined && known.revision > revision)) return;
    this.#eras.set(name, { revision, era, until: this.#clock() + REMEMBERED_MS });
  }

  /** Forgets a server whose era did not answer. */
  forget({ name }: Pick<Configured, 'name'>): void {
    this.#eras.delete(name);
  }
}
