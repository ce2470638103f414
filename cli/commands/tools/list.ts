import { present } from '../../../src/administration/present.ts';
import { AppError, Refused } from '../../../src/errors/appError.ts';
import { inTurn } from '../../../src/inTurn.ts';
import { liveServerOf } from '../../../src/live/liveServers.ts';
import type { McpServerRow } from '../../../src/projections/tables/mcpServers.ts';
import { exposedName, prefixOf } from '../../../src/upstream/aggregate/exposedNames.ts';
import { listTools as listUpstreamTools } from '../../../src/upstream/catalogue.ts';
import type { Tool } from '../../../src/mcp/catalogueItems.ts';
import { describeRejections, type Rejections } from '../../../src/upstream/rejections.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Cli } from '../../cli.ts';
import { interruptible } from '../../input/interruption.ts';
import { escape } from '../../../src/escape.ts';
import { printedLines } from '../../output/errorReport.ts';
import { layOutTable, type Column } from '../../output/table.ts';
import { serverPages } from '../../stores/pages.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';
import { openServerSecrets } from '../../stores/serverSecrets.ts';
import { visitPatiently, type Patience } from '../../upstream/patientVisit.ts';
import { openWaiting } from '../../output/waiting.ts';

export interface ListToolsOptions {
  /** Milliseconds. */
  readonly timeout?: number;
}

/** What a server has answered. */
type Listed = { readonly server: string } & (
  { readonly tools: readonly Tool[]; readonly leftOut: Rejections | undefined } | { readonly error: AppError }
);

/** Servers that are asked at the same time: each may be a program that starts. */
const AT_ONCE = 8;

const COLUMNS: readonly Column[] = [
  { title: 'TOOL', min: 20 },
  { title: 'DESCRIPTION', min: 16, drop: 1 },
];

/** Lists the tools of one server, or of all that are enabled. @throws Refused `no-server-answered` after the answer; what a named server fails with */
export async function listTools(cli: Cli, name: string | undefined, { timeout }: ListToolsOptions): Promise<void> {
  await cli.withStores(async ({ stores }) => {
    const rows = name === undefined ? await enabledServers(stores) : [await requireServer(stores.db, name)];
    const listed = await listAll(cli, stores, rows, timeout);
    const [only] = listed;
    if (name !== undefined && only !== undefined && 'error' in only) throw only.error;
    await cli.output.answer(documentOf(listed), () => textOf(cli, listed));
    const silent = listed.flatMap((each) => ('error' in each ? [each] : []));
    if (!cli.output.json) {
      for (const { server, error } of silent) {
        cli.output.warn([`${server} did not answer: ${escape(error.message)}`, ...printedLines(error.data)].join('\n'));
      }
      for (const each of listed) {
        if ('tools' in each && each.leftOut !== undefined)
          cli.output.warn(`${each.server}: ${escape(describeRejections(each.leftOut))}`);
      }
    }
    if (silent.length > 0 && silent.length === listed.length) {
      throw new Refused('no-server-answered', 'None of the servers answered.');
    }
  });
}

async function listAll(
  cli: Cli,
  stores: Stores,
  rows: readonly McpServerRow[],
  timeoutMs: number | undefined,
): Promise<Listed[]> {
  const [only, ...others] = rows;
  const whom = only !== undefined && others.length === 0 ? `the server ${only.name}` : `${String(rows.length)} servers`;
  using waiting = openWaiting(cli.stderr, `Waiting for ${whom}`);
  return await interruptible((signal) =>
    inTurn(rows, AT_ONCE, (row) => listOf(stores, row, { timeoutMs, signal, onLine: waiting.onLine })),
  );
}

async function enabledServers({ db }: Stores): Promise<McpServerRow[]> {
  const rows: McpServerRow[] = [];
  for await (const page of serverPages(db)) rows.push(...page.filter(({ status }) => status === 'enabled'));
  return rows;
}

async function listOf(
  { vault }: Stores,
  row: McpServerRow,
  patience: Patience & { readonly signal: AbortSignal },
): Promise<Listed> {
  try {
    const server = liveServerOf(row, await openServerSecrets(vault, row));
    const { items, leftOut } = await visitPatiently(server, patience, ({ upstream }, signal) =>
      listUpstreamTools(upstream, { signal }),
    );
    return { server: row.name, tools: items, leftOut };
  } catch (error) {
    if (!(error instanceof AppError) || patience.signal.aborted) throw error;
    return { server: row.name, error };
  }
}

function documentOf(listed: readonly Listed[]): object {
  return {
    tools: listed.flatMap((each) =>
      'tools' in each
        ? each.tools.map((tool) => ({ server: each.server, exposed_name: nameOf(each.server, tool), tool }))
        : [],
    ),
    left_out: listed.flatMap((each) =>
      'tools' in each
        ? (each.leftOut?.first ?? []).map(({ name, reason }) => ({ server: each.server, ...present({ name }), reason }))
        : [],
    ),
    unanswered: listed.flatMap((each) =>
      'error' in each ? [{ server: each.server, code: each.error.code, message: each.error.message }] : [],
    ),
  };
}

function nameOf(server: string, { name }: Tool): string {
  return exposedName(prefixOf(server), name);
}

function textOf({ output }: Cli, listed: readonly Listed[]): string {
  const cells = listed.flatMap((each) =>
    'tools' in each
      ? each.tools.map((tool) => [
          { text: escape(nameOf(each.server, tool)), style: 'bold' as const },
          { text: escape(firstLine(tool)) },
        ])
      : [],
  );
  if (cells.length === 0) return listed.length === 0 ? 'There are no servers that are enabled.' : 'There are no tools.';
  const { header, row } = layOutTable(COLUMNS, cells, output);
  return [header, ...cells.map(row)].join('\n');
}

function firstLine({ description }: Tool): string {
  return typeof description === 'string' ? (description.trim().split('\n')[0] ?? '') : '';
}
