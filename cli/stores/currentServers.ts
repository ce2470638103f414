import { present } from '../../src/administration/present.ts';
import type { PlainSettings } from '../../src/administration/serverInput.ts';
import type { CurrentServer } from '../../src/configuration/currentState.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import { streamsRetiredForGood } from '../../src/projections/tables/retiredStreams.ts';
import { findServer, type McpServerRow } from '../../src/projections/tables/mcpServers.ts';
import type { Stores } from '../../src/stores/stores.ts';
import { serverPages } from './pages.ts';
import { openServerSecrets } from './serverSecrets.ts';

type Sources = Pick<Stores, 'db' | 'vault'>;

/** Reads the servers of these names, those that there are. @throws Unavailable; Invalid `sealed-damaged` */
export async function readServers(
  { db, vault }: Sources,
  names: Iterable<string>,
): Promise<Map<string, CurrentServer>> {
  const found = new Map<string, CurrentServer>();
  const gone = await streamsRetiredForGood(db);
  for (const name of new Set(names)) {
    const row = gone.has(mcpServerStream(name)) ? undefined : await findServer(db, name);
    if (row !== undefined) found.set(name, await currentServer(vault, row));
  }
  return found;
}

/** Reads every server; one that was retired for good is none, and its secrets are destroyed. @throws Unavailable; Invalid `sealed-damaged` */
export async function readAllServers({ db, vault }: Sources): Promise<CurrentServer[]> {
  const servers: CurrentServer[] = [];
  const gone = await streamsRetiredForGood(db);
  for await (const page of serverPages(db)) {
    const rows = page.filter(({ name }) => !gone.has(mcpServerStream(name)));
    for (const row of rows) servers.push(await currentServer(vault, row));
  }
  return servers;
}

/** Makes of a row what it stands for, secrets included. @throws Unavailable; Invalid `sealed-damaged` */
export async function currentServer(vault: Stores['vault'], row: McpServerRow): Promise<CurrentServer> {
  const { name, transport, isolation, limits, timeouts, revision } = row;
  const settings: PlainSettings = {
    transport,
    isolation,
    limits,
    timeouts,
    ...present({ title: row.title, description: row.description, url: row.url, command: row.command, cwd: row.cwd }),
    ...present({ args: row.args }),
    ...present({ onToolChange: row.onToolChange }),
  };
  const secrets = await openServerSecrets(vault, row);
  return { name, input: { settings, secrets }, enabled: row.status === 'enabled', revision };
}
