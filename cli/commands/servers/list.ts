import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../output/escape.ts';
import type { Cell, Column } from '../../output/table.ts';
import { serverPages } from '../../stores/pages.ts';
import { serverAddress, serverJson } from '../../views/serverView.ts';

export const SERVER_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'STATUS' },
  { title: 'TRANSPORT', drop: 2 },
  { title: 'ADDRESS', min: 16 },
  { title: 'TITLE', min: 8, drop: 1 },
];

/** Lists the servers. */
export async function listAllServers(cli: Cli): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    await cli.output.answerList({
      pages: serverPages(stores.db),
      toJson: serverJson,
      columns: SERVER_COLUMNS,
      toCells: serverCells,
      empty: 'There are no servers. Register one: metamcp-cli servers add NAME --url URL, or -- COMMAND',
    });
  });
}

/** Lays out a server. */
export function serverCells(row: McpServerRow): Cell[] {
  return [
    { text: row.name, style: 'bold' },
    row.fault === null
      ? { text: row.status, style: row.status === 'enabled' ? 'green' : 'dim' }
      : { text: `unusable: ${row.fault}`, style: 'red' },
    { text: row.transport },
    { text: serverAddress(row) },
    { text: escape(row.title ?? '') },
  ];
}
