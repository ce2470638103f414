import type { Administration } from '../../../src/administration/administration.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import { Unavailable } from '../../../src/errors/appError.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { findServer, type McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { answerDryRun } from '../../views/dryRun.ts';
import { answerServerChange } from '../../views/serverChange.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { serverSubject } from '../../views/serverView.ts';

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
  const enable = ({ servers }: Administration) => servers.enable(name, reason, commandContext(cli));
  await cli.withStores(async ({ stores }) => {
    if (dryRun) return answerDryRun(cli, serverSubject(name), stores, enable);
    const result = await enable(stores);
    const predicate = result.changed ? 'is enabled' : 'was enabled already';
    await answerServerChange(cli, await requireServer(stores.db, name), result, predicate);
  });
}

/** Stops serving a server. */
export async function disableServer(cli: Cli, name: string, options: EnablementOptions): Promise<void> {
  const { reason, dryRun = false } = options;
  const disable = ({ servers }: Administration) => servers.disable(name, reason, commandContext(cli));
  await cli.withStores(
    async ({ stores }) => {
      if (dryRun) return answerDryRun(cli, serverSubject(name), stores, disable);
      const result = await disable(stores);
      const predicate = result.retired ? RETIRED : result.changed ? 'is disabled' : 'was disabled already';
      await answerServerChange(cli, await shownServer(stores.db, name, result), result, predicate);
    },
    { readTables: 'as current as possible' },
  );
}

/** Finds the server that was disabled. @throws Unavailable when the read tables do not contain it yet */
async function shownServer(db: Queryable, name: string, { pending }: CommandResult): Promise<McpServerRow> {
  const row = await findServer(db, name);
  if (row !== undefined) return row;
  throw new Unavailable(
    'projection-behind',
    pending ?? 'The server is disabled; the read tables do not contain it yet.',
  );
}
