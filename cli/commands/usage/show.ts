import { isoTime, systemClock } from '../../../src/clock.ts';
import { Refused } from '../../../src/errors/appError.ts';
import { keyNames } from '../../../src/projections/tables/apiKeys.ts';
import { usageCsv } from '../../../src/usage/usageCsv.ts';
import { usageDocument } from '../../../src/usage/usageDocument.ts';
import { DEFAULT_USAGE_TIME_MS, usageOf, type UsageDimension, type UsageRow } from '../../../src/usage/usageQueries.ts';
import type { Cli } from '../../cli.ts';
import { formatTime, type KeyNames } from '../../views/keyView.ts';
import { parseMoment } from '../../input/moment.ts';
import { layOutTable } from '../../output/table.ts';
import { resolveKey } from '../../stores/resolveKey.ts';
import { usageCells, usageColumns, usageSummary } from '../../views/usageView.ts';
import { misuse } from '../../input/misuse.ts';

export interface ShowUsageOptions {
  /** Milliseconds. */
  readonly last?: number;
  readonly from?: string;
  readonly to?: string;
  readonly by?: readonly UsageDimension[];
  readonly key?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly tag?: readonly string[];
  readonly owner?: string;
  readonly csv?: boolean;
}

/** More rows are no table that anyone reads. */
const MAX_ROWS = 10_000;

/** Shows who used what. @throws Refused `usage-too-long` */
export async function showUsage(cli: Cli, options: ShowUsageOptions): Promise<void> {
  const { by: groupBy = ['key', 'server'], server, tool, tag, owner, csv = false } = options;
  if (csv && cli.output.json) throw misuse('Either --json or --csv.');
  const range = rangeOf(options);
  // Counters are no read table, and names of keys may be as they are.
  await cli.withReadTables(
    async ({ db }) => {
      const keyId = options.key === undefined ? undefined : (await resolveKey(db, options.key)).id;
      const keys = tag === undefined && owner === undefined ? undefined : { tags: tag, owner, without: [] };
      const filter = { ...range, keyId, server, tool, keys };
      const rows = await usageOf(db, { ...filter, groupBy, limit: MAX_ROWS + 1 });
      if (rows.length > MAX_ROWS) {
        throw new Refused(
          'usage-too-long',
          `These are more than ${MAX_ROWS} lines. Ask for a shorter time, or for less.`,
        );
      }
      const [total] = await usageOf(db, { ...filter, groupBy: [] });
      const names = await keyNames(db, [...new Set(rows.flatMap(({ keyId }) => keyId ?? []))]);
      const document = {
        from: isoTime(range.from.getTime()),
        to: isoTime(range.to.getTime()),
        items: rows.map((row) => ({ ...usageDocument(row), ...nameMember(row, names) })),
        ...(total !== undefined && { total: usageDocument(total) }),
      };
      await cli.output.answer(document, () => {
        if (csv) return usageCsv(rows).replaceAll('\r\n', '\n').trimEnd();
        const title = `${formatTime(range.from)} to ${formatTime(range.to)}`;
        if (rows.length === 0 || total === undefined) return `Nothing was used from ${title}.`;
        const columns = usageColumns(groupBy);
        const cells = byTimeAndCalls(rows).map((row) => usageCells(row, groupBy, names));
        const table = layOutTable(columns, cells, cli.output);
        return [table.header, ...cells.map((line) => table.row(line)), '', usageSummary(total)].join('\n');
      });
    },
    { readTables: 'as they are' },
  );
}

function rangeOf({ last, from, to }: ShowUsageOptions): { readonly from: Date; readonly to: Date } {
  if (last !== undefined && (from !== undefined || to !== undefined))
    throw misuse('Either --last, or --from and --to.');
  const nowMs = systemClock();
  const toMs = to === undefined ? nowMs : parseMoment(to, nowMs);
  const fromMs = from === undefined ? toMs - (last ?? DEFAULT_USAGE_TIME_MS) : parseMoment(from, nowMs);
  if (fromMs > toMs) throw misuse('--from is later than --to.');
  return { from: new Date(fromMs), to: new Date(toMs) };
}

/** By time, and what was used most first. */
function byTimeAndCalls(rows: readonly UsageRow[]): UsageRow[] {
  const timeOf = ({ time }: UsageRow) => time?.getTime() ?? 0;
  return rows.toSorted((a, b) => timeOf(a) - timeOf(b) || b.calls - a.calls);
}

function nameMember({ keyId }: UsageRow, names: KeyNames): object {
  const name = keyId === undefined ? undefined : names.get(keyId);
  return name === undefined ? {} : { key_name: name };
}
