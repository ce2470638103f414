import type { Clock } from '../clock.ts';
import { createOutageLog } from '../logging/outageLog.ts';
import type { LiveServer, LiveServers } from '../live/liveServer.ts';
import type { Logger } from '../logging/logger.ts';
import type { Era } from '../mcp/eras.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { audienceOf, audienceOfId } from './audience.ts';
import type { CatalogueRefresh, CatalogueSource } from './catalogueRefresh.ts';
import { CONFIRMED_MS } from './observedCatalogues.ts';
import { readCatalogue } from './readCatalogue.ts';
import type { RememberedCatalogues } from './rememberedCatalogues.ts';
import { findNewestAudience } from './rememberedTable.ts';

/** How often all servers are looked at, in milliseconds. */
const EVERY_MS = 60_000;
/** A server is asked no more often by this, whatever it announces, in milliseconds. */
const REST_MS = 10_000;
/** Servers that are asked at once: one that hangs delays others little. */
const AT_ONCE = 4;
const OPEN_MS = 60_000;

export interface CatalogueKeeperOptions {
  readonly db: Queryable;
  readonly servers: Pick<LiveServers, 'names' | 'find'>;
  readonly remembered: Pick<RememberedCatalogues, 'state'>;
  readonly refresh: Pick<CatalogueRefresh, 'isDue' | 'refresh' | 'onOutdated'>;
  /** Opens a conversation as the gateway itself. @param era undefined: the server's @throws AppError */
  readonly open: (server: LiveServer, era: Era | undefined, signal: AbortSignal) => Promise<Upstream>;
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
  readonly logger: Logger;
}

/** Keeps what servers offer known that no client lists. */
export interface CatalogueKeeper extends Disposable {
  /** Asks a server for what it offers, where that is not known, old, or announced to have changed. Never rejects. */
  keep(name: string): Promise<void>;
  /** The same for all servers. */
  keepAll(): Promise<void>;
}

/**
 * Makes what keeps catalogues known. One of all gateways asks a server at a time. A program is started for this once for each
 * revision of its server's settings: what clients are offered later says the rest.
 */
export function createCatalogueKeeper(options: CatalogueKeeperOptions): CatalogueKeeper {
  const { db, servers, remembered, refresh, open, clock, steadyClock, logger } = options;
  const outages = createOutageLog({ logger, clock });
  const askedAt = new WeakMap<LiveServer, number>();

  function sourceOf(server: LiveServer, era: Era, read: CatalogueSource['read']): CatalogueSource {
    const { name, revision, onToolChange = 'allow' } = server;
    return { server: name, revision, audience: audienceOf(era, {}), onToolChange, read };
  }

  async function ask(source: CatalogueSource): Promise<void> {
    await refresh.refresh(source, await remembered.state(source));
  }

  /** Its era is found out by the first conversation, which is read at once. */
  async function askFirst(server: LiveServer): Promise<void> {
    await using upstream = await open(server, undefined, AbortSignal.timeout(OPEN_MS));
    await ask(sourceOf(server, upstream.facts.era, (signal, before) => readCatalogue(upstream, signal, before)));
  }

  async function askAgain(server: LiveServer, era: Era): Promise<void> {
    const source = sourceOf(server, era, async (signal, before) => {
      await using upstream = await open(server, era, signal);
      return await readCatalogue(upstream, signal, before);
    });
    await ask(source);
  }

  async function look(server: LiveServer): Promise<void> {
    const { name, revision, transport, program } = server;
    const restedMs = steadyClock() - (askedAt.get(server) ?? -Infinity);
    const newest = await findNewestAudience(db, { server: name, revision, era: undefined, key: undefined });
    if (newest === undefined) {
      if (restedMs < CONFIRMED_MS) return;
      askedAt.set(server, steadyClock());
      await askFirst(server);
      return;
    }
    const audience = audienceOfId(newest);
    const known = await remembered.state({ server: name, revision, audience });
    // Others would be started for nothing else, and some send that their lists changed whenever they start.
    const isRunning = transport !== 'stdio' || program?.isolation === 'shared';
    const isDue = transport === 'stdio' ? known?.outdated === true : refresh.isDue(known, CONFIRMED_MS);
    if (!isRunning || !isDue || restedMs < REST_MS) return;
    askedAt.set(server, steadyClock());
    await askAgain(server, audience.era);
  }

  async function keep(name: string): Promise<void> {
    const what = `what the server ${name} offers`;
    try {
      const server = await servers.find(name);
      if (server?.enabled !== true) return;
      await look(server);
      outages.recovered(what);
    } catch (error) {
      outages.failed(what, error, 'it is asked for again later');
    }
  }

  async function keepAll(): Promise<void> {
    let names: readonly string[];
    try {
      names = await servers.names();
    } catch (error) {
      outages.failed('the list of servers', error, 'it is read again later');
      return;
    }
    const waiting = names.values();
    const keepSome = async (): Promise<void> => {
      for (const name of waiting) await keep(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, keepSome));
  }

  let isKeeping = false;
  const timer = setInterval(() => {
    if (isKeeping) return;
    isKeeping = true;
    void keepAll().finally(() => (isKeeping = false));
  }, EVERY_MS);
  timer.unref();
  const stop = refresh.onOutdated((name) => void keep(name));

  return {
    keep,
    keepAll,
    [Symbol.dispose]() {
      clearInterval(timer);
      stop();
    },
  };
}
