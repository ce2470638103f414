import { stateAt } from '../../../src/audit/stateAt.ts';
import { isoTime, systemClock } from '../../../src/clock.ts';
import { NotFound } from '../../../src/errors.ts';
import { apiKeyStream } from '../../../src/events/apiKey.ts';
import { mcpServerStream } from '../../../src/events/mcpServer.ts';
import type { ApiKeyRow } from '../../../src/projections/apiKeys.ts';
import type { McpServerRow } from '../../../src/projections/mcpServers.ts';
import type { Stores } from '../../../src/stores.ts';
import type { Cli } from '../../cli.ts';
import { formatTime, keyJson, keyStatus } from '../../keyView.ts';
import { parseMoment } from '../../moment.ts';
import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { resolveKey } from '../../resolveKey.ts';
import { serverJson } from '../../serverView.ts';
import { KEY_COLUMNS, keyCells } from '../keys/list.ts';
import { SERVER_COLUMNS, serverCells } from '../servers/list.ts';

export interface AtOptions {
  /** An id, or its beginning. */
  readonly key?: string;
  readonly server?: string;
}

/** Shows keys and servers as they were at some time. */
export async function showStateAt(cli: Cli, time: string, options: AtOptions): Promise<void> {
  const atMs = parseMoment(time, systemClock());
  await cli.withStores(async ({ stores }) => {
    const { keys, servers } = await readState(stores, atMs, options);
    const document = {
      at: isoTime(atMs),
      keys: keys.map((row) => ({ ...keyJson(row), effective_status: keyStatus(row, atMs).text })),
      servers: servers.map(serverJson),
    };
    await cli.output.answer(document, () =>
      [
        `As of ${formatTime(new Date(atMs))}:`,
        ...section(
          cli,
          KEY_COLUMNS,
          keys.map((row) => keyCells(row, atMs)),
          'There were no keys.',
        ),
        ...section(cli, SERVER_COLUMNS, servers.map(serverCells), 'There were no servers.'),
      ].join('\n'),
    );
  });
}

/** Without a key or server to narrow it to, what had been deleted by then is left out. */
async function readState(
  { db, events }: Stores,
  atMs: number,
  { key, server }: AtOptions,
): Promise<{ keys: readonly ApiKeyRow[]; servers: readonly McpServerRow[] }> {
  if (key === undefined && server === undefined) {
    const { keys, servers } = await stateAt(events.readAll(), atMs);
    return { keys: keys.filter(({ status }) => status !== 'deleted'), servers };
  }
  const keys =
    key === undefined
      ? []
      : (await stateAt(events.readStream(apiKeyStream((await resolveKey(db, key)).id)), atMs)).keys;
  if (key !== undefined && keys.length === 0) throw new NotFound('key-not-found', 'The key did not exist yet.');
  const servers = server === undefined ? [] : (await stateAt(events.readStream(mcpServerStream(server)), atMs)).servers;
  if (server !== undefined && servers.length === 0)
    throw new NotFound('server-not-found', 'There was no such server then.');
  return { keys, servers };
}

function section(cli: Cli, columns: readonly Column[], cells: readonly (readonly Cell[])[], empty: string): string[] {
  if (cells.length === 0) return ['', empty];
  const { header, row } = layOutTable(columns, cells, cli.output);
  return ['', header, ...cells.map((line) => row(line))];
}
