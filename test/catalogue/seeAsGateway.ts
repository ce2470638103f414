import { audienceOf } from '../../src/catalogue/audience.ts';
import { createCatalogueRefresh } from '../../src/catalogue/catalogueRefresh.ts';
import { readCatalogue } from '../../src/catalogue/readCatalogue.ts';
import { steadyClock } from '../../src/clock.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { Era } from '../../src/mcp/eras.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { connect } from '../upstream/support/connect.ts';

/** Reads, remembers and records what a server offers, as a gateway does. */
export async function seeAsGateway(
  { db, recordCatalogue }: Pick<Stores, 'db' | 'recordCatalogue'>,
  { server, url, era = 'modern' }: { readonly server: string; readonly url: URL; readonly era?: Era },
): Promise<void> {
  const logger = createLogger('silent');
  const refresh = createCatalogueRefresh({ db, record: recordCatalogue, clock: Date.now, steadyClock, logger });
  const row = await findServer(db, server);
  const revision = row?.revision ?? -1;
  const known = { revision, attempts: 1_000, offered: undefined, digest: 'any', readAt: 0, outdated: true } as const;
  await refresh.refresh(
    {
      server,
      revision,
      audience: audienceOf(era, {}),
      onToolChange: row?.onToolChange ?? 'allow',
      async read(signal, before) {
        await using upstream = await connect(url, { era });
        return await readCatalogue(upstream, signal, before);
      },
    },
    { ...known, failure: undefined },
  );
}
