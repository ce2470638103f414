import { vi } from 'vitest';
import { audienceOf } from '../../src/catalogue/audience.ts';
import { createCatalogueRefresh, type CatalogueSource } from '../../src/catalogue/catalogueRefresh.ts';
import { readCatalogue } from '../../src/catalogue/readCatalogue.ts';
import { createRememberedCatalogues } from '../../src/catalogue/rememberedCatalogues.ts';
import { createServerCatalogues, type ServerCatalogues } from '../../src/catalogue/serverCatalogues.ts';
import { steadyClock } from '../../src/clock.ts';
import { mcpCatalogueStream, type Audience } from '../../src/events/mcpCatalogue.ts';
import type { OnToolChange } from '../../src/events/mcpServer.ts';
import { openInvalidations } from '../../src/live/invalidations.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { connect } from '../upstream/support/connect.ts';

/** What one gateway knows of catalogues. */
export interface Replica extends AsyncDisposable {
  readonly catalogues: ServerCatalogues;
  /** Times that it asked a server. */
  readonly asked: number;
}

/** Real stores, with as many gateways' catalogues on them as a test needs, and time in the test's hand. */
export async function openCatalogueWorld() {
  const stack = new AsyncDisposableStack();
  const gateway: TestGateway = stack.use(await startTestGateway());
  const { stores } = gateway;
  const { db } = stores;
  const time = { aheadMs: 0, setBackMs: 0 };
  const steady = () => Date.now() + time.aheadMs;
  const clock = () => steady() - time.setBackMs;
  let audiences = 0;

  return {
    gateway,
    stores,
    time,
    /** Another audience with each call. */
    audience: (): Audience => ({
      ...audienceOf('modern', {}),
      capabilities: String((audiences += 1)).padStart(43, 'A'),
    }),
    async openReplica({ readMs }: { readonly readMs?: number } = {}): Promise<Replica> {
      const own = stack.use(new AsyncDisposableStack());
      const logger = createLogger('silent');
      const invalidations = own.use(openInvalidations({ url: db.url, replica: 'test', logger, clock: steadyClock }));
      await vi.waitUntil(() => invalidations.trusted);
      const remembered = own.use(createRememberedCatalogues({ db, invalidations }));
      const refresh = createCatalogueRefresh({
        db,
        record: stores.recordCatalogue,
        clock,
        steadyClock: steady,
        logger,
        readMs,
      });
      const counts = { asked: 0 };
      const catalogues = createServerCatalogues({
        remembered,
        refresh: {
          ...refresh,
          refresh: (source, known) =>
            refresh.refresh(
              {
                ...source,
                read: (signal, before) => {
                  counts.asked += 1;
                  return source.read(signal, before);
                },
              },
              known,
            ),
        },
      });
      return {
        catalogues,
        get asked() {
          return counts.asked;
        },
        [Symbol.asyncDispose]: () => own.disposeAsync(),
      };
    },
    /** Registers a server, and gives the way to ask it. */
    async source(
      server: string,
      url: URL,
      {
        audience = audienceOf('modern', {}),
        onToolChange = 'allow',
      }: { audience?: Audience; onToolChange?: OnToolChange } = {},
    ): Promise<CatalogueSource> {
      if ((await findServer(db, server)) === undefined) await gateway.addServer(server, url.href);
      const row = await findServer(db, server);
      return {
        server,
        revision: row?.revision ?? -1,
        audience,
        onToolChange,
        async read(signal, before) {
          await using upstream = await connect(url, { signal });
          return await readCatalogue(upstream, signal, before);
        },
      };
    },
    /** What the history has of a server's catalogue. */
    async history(server: string) {
      return await Array.fromAsync(stores.events.readStream(mcpCatalogueStream(server)));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type CatalogueWorld = Awaited<ReturnType<typeof openCatalogueWorld>>;
