import type { CatalogueRefresh, CatalogueSource } from './catalogueRefresh.ts';
import type { RememberedCatalogue, RememberedCatalogues } from './rememberedCatalogues.ts';

/** What servers offer: from memory, and asked again in the background. A server that is slow, broken or gone delays nobody. */
export interface ServerCatalogues {
  /** Gives what is known now, and has the server asked when that is due. @throws Unavailable when PostgreSQL can't be reached */
  find(source: CatalogueSource): RememberedCatalogue | undefined | Promise<RememberedCatalogue | undefined>;
  /** As `find`; where nothing is known, it waits for the server, until the signal at most. @throws Unavailable */
  await(source: CatalogueSource, signal: AbortSignal): Promise<RememberedCatalogue | undefined>;
  /** Has a server asked now, whatever is known of it. @throws Unavailable */
  refresh(source: CatalogueSource): Promise<RememberedCatalogue | undefined>;
  /** A server has sent that its lists changed. */
  changed(server: string): void;
  /** Adds a listener for servers that have sent so to this gateway; returns what removes it. */
  onAnnounced(listener: (server: string) => void): () => void;
}

/** Makes what tells what servers offer. docs/architecture.md, What servers offer. */
export function createServerCatalogues({
  remembered,
  refresh,
}: {
  readonly remembered: RememberedCatalogues;
  readonly refresh: CatalogueRefresh;
}): ServerCatalogues {
  const listeners = new Set<(server: string) => void>();

  function askWhenDue(
    source: CatalogueSource,
    known: RememberedCatalogue | undefined,
  ): RememberedCatalogue | undefined {
    if (refresh.isDue(known)) void refresh.refresh(source, known);
    return known;
  }

  function find(source: CatalogueSource): RememberedCatalogue | undefined | Promise<RememberedCatalogue | undefined> {
    const found = remembered.find(source);
    return found instanceof Promise ? found.then((known) => askWhenDue(source, known)) : askWhenDue(source, found);
  }

  return {
    find,
    async await(source, signal) {
      let wake = Promise.withResolvers<undefined>();
      const stop = remembered.onNotified((servers) => {
        if (servers === undefined || servers.includes(source.server)) wake.resolve(undefined);
      });
      const onAbort = (): void => wake.resolve(undefined);
      signal.addEventListener('abort', onAbort);
      try {
        for (;;) {
          const known = await find(source);
          if (known?.offered !== undefined || known?.failure !== undefined || signal.aborted) return known;
          await wake.promise;
          wake = Promise.withResolvers<undefined>();
        }
      } finally {
        stop();
        signal.removeEventListener('abort', onAbort);
      }
    },
    async refresh(source) {
      await refresh.refresh(source, await remembered.find(source));
      return await remembered.find(source);
    },
    changed(server) {
      for (const listener of listeners) listener(server);
      refresh.changed(server);
    },
    onAnnounced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
