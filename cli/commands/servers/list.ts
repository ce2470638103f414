import { present } from '../../../src/administration/present.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import type { Cell, Column } from '../../output/table.ts';
import { serverPages } from '../../stores/pages.ts';
import { countWaitingTools } from '../../stores/waitingTools.ts';
import { serverAddress, serverJson } from '../../views/serverView.ts';
import { waitingCount } from '../../views/waitingCount.ts';

export const SERVER_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'STATUS' },
  { title: 'TRANSPORT', drop: 2 },
  { title: 'ADDRESS', min: 16 },
  { title: 'TITLE', min: 8, drop: 1 },
];

/** Lists the servers. */
export async function listAllServers(cli: Cli): Promise<void> {
  await cli.withReadTables(async ({ db }) => {
    await cli.output.answerList({
      pages: withWaiting(cli, db),
      toJson: ({ row, waiting }) => ({ ...serverJson(row), ...present({ unapproved_tools: waiting }) }),
      columns: SERVER_COLUMNS,
      toCells: ({ row, waiting }) => serverCells(row, waiting),
      empty: 'There are no servers. Register one: metamcp-cli servers add NAME --url URL, or -- COMMAND',
    });
  });
}

interface ListedServer {
  readonly row: McpServerRow;
  /** Tools that wait for an approval; undefined: its tools may change, or it is not known. */
  readonly waiting: number | undefined;
}

async function* withWaiting(cli: Cli, db: Queryable): AsyncGenerator<readonly ListedServer[]> {
  for await (const page of serverPages(db)) {
    const cautious = page.filter(({ onToolChange }) => (onToolChange ?? 'allow') !== 'allow').map(({ name }) => name);
    // What was approved stands in the events.
    const waiting =
      cautious.length === 0 ? undefined : await cli.withStores(({ stores }) => countWaitingTools(stores, cautious));
    yield page.map((row) => ({ row, waiting: waiting?.get(row.name) }));
  }
}

/** Lays out a server. @param waiting tools of it that wait for an approval */
export function serverCells(row: McpServerRow, waiting?: number): Cell[] {
  return [
    { text: row.name, style: 'bold' },
    row.fault === null
      ? waiting === undefined
        ? { text: row.status, style: row.status === 'enabled' ? undefined : 'dim' }
        : { text: `${row.status}, ${waitingCount(row.onToolChange, waiting)}`, style: 'yellow' }
      : { text: `unusable: ${row.fault}`, style: 'red' },
    { text: row.transport },
    { text: serverAddress(row) },
    { text: escape(row.title ?? '') },
  ];
}
