import { historyWithRoles, wholeHistory, type WholeHistoryOptions } from '../../../src/audit/history.ts';
import { stateAt, type StateAt } from '../../../src/audit/stateAt.ts';
import { isoTime, systemClock } from '../../../src/clock.ts';
import { NotFound } from '../../../src/errors/appError.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import { mcpServerStream } from '../../../src/events/mcpServer.ts';
import { FAULT_MEANS } from '../../../src/projections/tables/streamFault.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { showHistory } from '../../output/historyProgress.ts';
import { interruptible } from '../../input/interruption.ts';
import { formatTime, keyJson, keyStatus, keyTitle } from '../../views/keyView.ts';
import { catalogueJson, catalogueLine, ITEM_COLUMNS, itemCells } from '../../views/catalogueView.ts';
import { parseMoment } from '../../input/moment.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { createTimes } from '../../output/times.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { ROLE_THEN_COLUMNS, roleThenCells, roleThenJson } from '../../views/roleView.ts';
import { serverJson } from '../../views/serverView.ts';
import { KEY_COLUMNS, keyCells } from '../keys/list.ts';
import { SERVER_COLUMNS, serverCells } from '../servers/list.ts';

export interface AtOptions {
  /** An id, or its beginning. */
  readonly key?: string;
  readonly server?: string;
}

/** Shows keys, roles and servers as they were at some time. */
export async function showStateAt(cli: Cli, time: string, options: AtOptions): Promise<void> {
  const atMs = parseMoment(time, systemClock());
  await cli.withStores(async ({ stores }) => {
    using line = openProgressLine(cli.stderr);
    const onProgress = showHistory(line, 'Reading');
    const { keys, roles, servers, catalogues } = await interruptible((signal) =>
      readState(stores, atMs, options, { onProgress, signal }),
    );
    const offered = [...(catalogues ?? [])].flatMap(([server, found]) => found.map((then) => ({ server, then })));
    line.clear();
    const document = {
      at: isoTime(atMs),
      keys: keys.map((row) => ({
        ...keyJson(row),
        effective_status: row.fault === null ? keyStatus(row, atMs).text : 'unusable',
      })),
      roles: roles.map(roleThenJson),
      servers: servers.map(serverJson),
      catalogues: offered.map(({ server, then }) => catalogueJson(server, then)),
    };
    await cli.output.answer(document, () =>
      [
        `As of ${formatTime(new Date(atMs))}:`,
        ...section(
          cli,
          KEY_COLUMNS,
          keys.map((row) => keyCells(row, atMs, createTimes(false))),
          'There were no keys.',
        ),
        ...(roles.length === 0 ? [] : section(cli, ROLE_THEN_COLUMNS, roles.map(roleThenCells), '')),
        ...section(
          cli,
          SERVER_COLUMNS,
          servers.map((row) => serverCells(row)),
          'There were no servers.',
        ),
        ...offered.flatMap(({ server, then }, at) =>
          options.server === undefined
            ? [...(at === 0 ? [''] : []), catalogueLine(server, then)]
            : ['', catalogueLine(server, then), ...table(cli, ITEM_COLUMNS, itemCells(then))],
        ),
        ...unusable({ keys, roles, servers }),
      ].join('\n'),
    );
  });
}

/** Writes why some could not be used, whatever their status. */
function unusable({ keys, roles, servers }: Pick<StateAt, 'keys' | 'roles' | 'servers'>): string[] {
  const lines = [
    ...keys.flatMap((row) =>
      row.fault === null ? [] : [`The key ${keyTitle(row)} was unusable: ${FAULT_MEANS[row.fault]}.`],
    ),
    ...roles.flatMap((row) =>
      row.fault === null ? [] : [`The role ${row.name} gave nothing: ${FAULT_MEANS[row.fault]}.`],
    ),
    ...servers.flatMap((row) =>
      row.fault === null ? [] : [`The server ${row.name} was unusable: ${FAULT_MEANS[row.fault]}.`],
    ),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Without a key or server to narrow it to, what had been deleted by then is left out. */
async function readState(
  { db, events }: Stores,
  atMs: number,
  { key, server }: AtOptions,
  watching: WholeHistoryOptions,
): Promise<StateAt> {
  if (key === undefined && server === undefined) {
    const found = await stateAt(wholeHistory(events, watching), atMs);
    return { ...found, keys: found.keys.filter(({ status }) => status !== 'deleted') };
  }
  const then = (stream: string): Promise<StateAt> => stateAt(historyWithRoles(events, stream), atMs);
  const keys = key === undefined ? [] : (await then(apiKeyStream((await resolveKey(db, key)).id))).keys;
  if (key !== undefined && keys.length === 0)
    throw new NotFound('key-not-found', 'The key did not exist yet. When it was created: metamcp-cli audit keys ID');
  const { servers, ...offered } = server === undefined ? { servers: [] } : await then(mcpServerStream(server));
  if (server !== undefined && servers.length === 0)
    throw new NotFound(
      'server-not-found',
      `There was no such server then. When it was registered: metamcp-cli audit tail --subject ${server}`,
    );
  return { ...offered, keys, roles: [], servers };
}

function section(cli: Cli, columns: readonly Column[], cells: readonly (readonly Cell[])[], empty: string): string[] {
  return cells.length === 0 ? ['', empty] : ['', ...table(cli, columns, cells)];
}

function table(cli: Cli, columns: readonly Column[], cells: readonly (readonly Cell[])[]): string[] {
  if (cells.length === 0) return [];
  const { header, row } = layOutTable(columns, cells, cli.output);
  return [header, ...cells.map((line) => row(line))];
}
