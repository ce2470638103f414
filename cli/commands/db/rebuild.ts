import { NotFound } from '../../../src/errors/appError.ts';
import type { RebuildReport, RebuiltTable } from '../../../src/projections/rebuilding/rebuild.ts';
import { commandContext } from '../../stores/commandContext.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { openProgressLine } from '../../output/progressLine.ts';
import { layOutTable, type Cell } from '../../output/table.ts';
import type { Output } from '../../output/output.ts';
import { warnOfUnconfirmed } from '../../views/enforcement.ts';
import { showRebuild } from '../../output/rebuildProgress.ts';

export interface RebuildCommandOptions {
  readonly acceptLoss?: boolean;
}

/** Rebuilds one read table, or all of them. */
export async function rebuildTables(cli: Cli, name: string | undefined, options: RebuildCommandOptions): Promise<void> {
  // As they are: what this command is for may keep them from being brought up to date.
  await cli.withStores(
    async ({ stores: { projections, repairs, confirmState } }) => {
      const names = (await projections.status()).map((each) => each.name);
      if (name !== undefined && !names.includes(name)) {
        throw new NotFound('projection-not-found', `There is no “${name}”; there are: ${names.join(', ')}.`);
      }
      using line = openProgressLine(cli.stderr);
      const report = await projections.rebuild({
        ...(name !== undefined && { projections: [name] }),
        acceptLoss: options.acceptLoss === true,
        ...showRebuild(line, `Rebuilding ${name ?? 'all read tables'}`),
      });
      line.clear();
      if (report.lostStreams.length > 0) {
        await repairs.acceptLoss(report.lostStreams, commandContext(cli));
        await projections.pump();
      }
      const unconfirmed = await confirmState(name === undefined ? names : [name]);
      await cli.output.answer({ ...rebuildJson(report), unconfirmed }, () => formatRebuild(cli.output, report));
      warnOfUnconfirmed(cli.output, { unconfirmed });
    },
    { readTables: 'as they are', acceptLoss: options.acceptLoss === true },
  );
}

function rebuildJson({ events, position, tables, lost }: RebuildReport): object {
  return { events, ...(position !== undefined && { position: String(position) }), tables, lost };
}

function formatRebuild(output: Output, { events, tables, lost }: RebuildReport): string {
  const titles = ['READ TABLE', 'ROWS', 'MISSING', 'DIFFERENT', 'SURPLUS'];
  const { header, row } = layOutTable(
    titles.map((title) => ({ title, min: 8 })),
    tables.map(tableCells),
    output,
  );
  const { streams, named } = lost;
  return [
    `Rebuilt from ${events.toLocaleString('en')} events. What was missing, different or surplus is put right.`,
    ...(streams === 0
      ? []
      : [
          `Given up: the last events of ${streams.toLocaleString('en')} ${streams === 1 ? 'stream' : 'streams'}: ` +
            `${named.map(escape).join(', ')}${streams > named.length ? ', …' : ''}`,
        ]),
    ...(tables.length === 0 ? [] : ['', header, ...tables.map((table) => row(tableCells(table)))]),
  ].join('\n');
}

function tableCells({ name, rows, missing, different, surplus }: RebuiltTable): Cell[] {
  const count = (value: number): Cell =>
    value === 0 ? { text: '0' } : { text: value.toLocaleString('en'), style: 'yellow' };
  return [{ text: name }, { text: rows.toLocaleString('en') }, count(missing), count(different), count(surplus)];
}
