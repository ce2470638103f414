import { Refused } from '../../../src/errors/appError.ts';
import type { ReplayedTable, ReplayReport } from '../../../src/projections/rebuilding/replay.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { interruptible } from '../../input/interruption.ts';
import type { Output } from '../../output/output.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { layOutTable, type Cell } from '../../output/table.ts';
import { showRebuild } from '../../output/rebuildProgress.ts';

export interface ReplayCommandOptions {
  readonly into: string;
  readonly keep?: boolean;
}

/** Replays the history into tables of its own and compares the live ones with them. @throws Refused when they differ */
export async function replayHistory(cli: Cli, { into: schema, keep = false }: ReplayCommandOptions): Promise<void> {
  const { equal } = await cli.withStores(async ({ stores: { projections } }) => {
    using line = openProgressLine(cli.stderr);
    const watching = showRebuild(line, `Replaying into ${schema}`);
    const report = await interruptible((signal) => projections.replay({ schema, keep, signal, ...watching }));
    line.clear();
    await cli.output.answer(replayJson(report), () => formatReplay(cli.output, schema, report));
    return report;
  });
  if (!equal) throw new Refused('read-tables-differ', 'The read tables are not what the events give.');
}

function replayJson({ events, position, equal, tables, kept }: ReplayReport): object {
  return {
    equal,
    events,
    ...(position !== undefined && { position: String(position) }),
    tables: tables.map(({ first, ...table }) => ({ ...table, ...(first !== undefined && { first_differing: first }) })),
    schema_kept: kept,
  };
}

function formatReplay(output: Output, schema: string, { events, position, equal, tables, kept }: ReplayReport): string {
  const titles = ['READ TABLE', 'ROWS', 'EQUAL', 'MISSING', 'DIFFERENT', 'SURPLUS', 'FIRST DIFFERING'];
  const { header, row } = layOutTable(
    titles.map((title) => ({ title, min: 8 })),
    tables.map(tableCells),
    output,
  );
  const at = position === undefined ? '' : `, up to position ${String(position)}`;
  return [
    `Replayed ${events.toLocaleString('en')} events${at}.`,
    '',
    header,
    ...tables.map((table) => row(tableCells(table))),
    '',
    equal
      ? output.paint('green', 'The read tables are what the events give.')
      : 'What the read tables lack is missing.',
    kept
      ? `The replayed tables are in the schema ${schema}; when you are done: drop schema ${schema} cascade`
      : `The schema ${schema} is dropped; --keep leaves it.`,
  ].join('\n');
}

function tableCells({ name, rows, equal, missing, different, surplus, first }: ReplayedTable): Cell[] {
  const fault = (value: number): Cell =>
    value === 0 ? { text: '0' } : { text: value.toLocaleString('en'), style: 'red' };
  return [
    { text: name },
    { text: rows.toLocaleString('en') },
    { text: equal.toLocaleString('en') },
    fault(missing),
    fault(different),
    fault(surplus),
    { text: escape(first?.join(', ') ?? '') },
  ];
}
