import type { Settled } from '../../../src/administration/settle.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { findServer, type McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerServerChange } from '../../serverChange.ts';
import { requireServer } from '../../requireServer.ts';
import { serverSubject } from '../../serverView.ts';

/** Of a server whose history can't be read. */
const RETIRED =
  'is served no longer: it is retired, whatever becomes of its history. To serve it again once that is whole: servers enable';

export interface EnablementOptions {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Serves a disabled server again. */
export async function enableServer(cli: Cli, name: string, options: EnablementOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(async ({ stores: { db, servers, foresight } }) => {
    if (dryRun) {
      return answerForeseen(cli, serverSubject(name), await foresight.server(name, { type: 'Enable', reason }));
    }
    const settled = await servers.enable(name, reason, commandContext());
    const said = settled.changed ? 'is enabled' : 'was enabled already';
    await answerServerChange(cli, await requireServer(db, name), settled, said);
  });
}

/** Stops serving a server. */
export async function disableServer(cli: Cli, name: string, options: EnablementOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  await cli.withStores(
    async ({ stores: { db, servers, foresight } }) => {
      if (dryRun) {
        return answerForeseen(cli, serverSubject(name), await foresight.server(name, { type: 'Disable', reason }));
      }
      const settled = await servers.disable(name, reason, commandContext());
      const said = settled.retired ? RETIRED : settled.changed ? 'is disabled' : 'was disabled already';
      await answerServerChange(cli, await shownServer(db, name, settled), settled, said);
    },
    { readTables: 'as current as possible' },
  );
}

/** Finds the server that was disabled. @throws Unavailable when the read tables do not contain it yet */
async function shownServer(db: Queryable, name: string, { pending }: Settled): Promise<McpServerRow> {
  const row = await findServer(db, name);
  if (row !== undefined) return row;
  throw new Unavailable(
    'projection-behind',
    pending ?? 'The server is disabled; the read tables do not contain it yet.',
  );
}
