import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { connectionName, type LiveServer } from '../live/liveServer.ts';
import { otherEra, type Era } from '../mcp/eras.ts';

/** Servers remembered. */
const MAX_SERVERS = 10_000;

/** How long it counts, in milliseconds: a server that learns the modern era goes on to know the legacy one. */
const REMEMBERED_MS = 10 * 60_000;

/** As a key reaches it: behind its own credential there may be another server, or none. */
type Configured = Pick<LiveServer, 'name' | 'revision' | 'credential'>;

interface Known {
  readonly revision: number;
  /** The era that was spoken last. */
  last: Era | undefined;
  readonly found: { [Name in Era]?: { readonly isSpoken: boolean; readonly until: number } };
}

/** Which eras servers were found to speak, each for one revision of a server's configuration, and not for long. */
export class Eras {
  readonly #clock: Clock;
  /** By connectionName. */
  readonly #known = new LRUCache<string, Known>({ max: MAX_SERVERS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Recalls an era that a server speaks, the one that was spoken last; undefined: it is to be found out. */
  recall(server: Configured): Era | undefined {
    const last = this.#of(server)?.last;
    if (last === undefined) return undefined;
    return [last, otherEra(last)].find((era) => this.speaks(server, era) === true);
  }

  /** Tells whether a server speaks an era; undefined: it is to be found out. */
  speaks(server: Configured, era: Era): boolean | undefined {
    const found = this.#of(server)?.found[era];
    return found !== undefined && this.#clock() < found.until ? found.isSpoken : undefined;
  }

  /** Notes what a server has shown; what is confirmed is not remembered for longer. */
  note(server: Configured, era: Era, isSpoken = true): void {
    const { revision } = server;
    const name = connectionName(server);
    let known = this.#known.get(name);
    if (known !== undefined && known.revision > revision) return;
    if (known?.revision !== revision) {
      known = { revision, last: undefined, found: {} };
      this.#known.set(name, known);
    }
    if (isSpoken) known.last = era;
    const found = known.found[era];
    if (found?.isSpoken === isSpoken && this.#clock() < found.until) return;
    known.found[era] = { isSpoken, until: this.#clock() + REMEMBERED_MS };
  }

  /** Forgets a server whose era did not answer. */
  forget(server: Pick<Configured, 'name' | 'credential'>): void {
    this.#known.delete(connectionName(server));
  }

  #of(server: Configured): Known | undefined {
    const known = this.#known.get(connectionName(server));
    return known?.revision === server.revision ? known : undefined;
  }
}
