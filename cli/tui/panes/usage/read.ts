import { shortId } from '../../../../src/shortId.ts';
import { twins } from '../../frame/text/twins.ts';
import { keyNames } from '../../../../src/projections/tables/apiKeys.ts';
import { usageOf, type UsageRow } from '../../../../src/usage/usageQueries.ts';
import { formatTime } from '../../../views/keyView.ts';
import { moveCursor } from '../../frame/lists/cursor.ts';
import type { Source } from '../../frame/model.ts';
import { slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { sortUsage, spanOfRange, USAGE, type NamedUsage, type UsageQuery, type UsageScope } from './state.ts';

const HOUR_MS = 3_600_000;
/** More is for `metamcp-cli usage`. */
const MAX_ROWS = 500;

/** Parts of the range in its trend. */
const TREND = 24;

interface ReadUsage {
  readonly rows: readonly NamedUsage[];
  readonly trend: readonly number[];
}

/** Who called how much, and how that went over time. */
export const USAGE_ROWS: Source<UsageQuery, ReadUsage> = {
  async read({ stores: { db } }, { group, range, scopes }) {
    const span = spanOfRange(range, Date.now());
    const [from, to] = [new Date(span.fromMs), new Date(span.toMs)];
    const { keyId, server, tool } = filterOf(scopes);
    const filter = { from, to, keyId, server, tool };
    const groupBy = group === 'tool' ? (['server', 'tool'] as const) : ([group] as const);
    const [rows, byHour] = await Promise.all([
      usageOf(db, { ...filter, groupBy }),
      usageOf(db, { ...filter, groupBy: ['hour'] }),
    ]);
    const shown = sortUsage(
      rows.map((row) => ({ ...row, name: '' })),
      'calls',
      group,
    ).slice(0, MAX_ROWS);
    const names = await keyNames(
      db,
      shown.flatMap(({ keyId: id }) => id ?? []),
    );
    const several = twins(names.values());
    return { rows: shown.map((row) => withName(row, names, several)), trend: trendOf(byHour, span) };
  },
  take(state, { group, range, scopes }, { rows, trend }) {
    const usage = slotOf(state, USAGE);
    if (group !== usage.group || range !== usage.range || scopes !== usage.scopes) return [state, []];
    const cursor = moveCursor(usage, usage.at, rows.length, titledListHeight(state));
    return [withSlot(state, USAGE, { ...cursor, rows: sortUsage(rows, usage.sort, group), trend }), []];
  },
};

/** What all of the opened rows have in common. */
function filterOf(scopes: readonly UsageScope[]): Omit<UsageScope, 'name'> {
  return {
    keyId: scopes.findLast(({ keyId }) => keyId !== undefined)?.keyId,
    server: scopes.findLast(({ server }) => server !== undefined)?.server,
    tool: scopes.findLast(({ tool }) => tool !== undefined)?.tool,
  };
}

function trendOf(byHour: readonly UsageRow[], { fromMs, toMs }: ReturnType<typeof spanOfRange>): readonly number[] {
  const parts = new Array<number>(Math.min(TREND, Math.ceil((toMs - fromMs) / HOUR_MS) + 1)).fill(0);
  for (const { time, calls } of byHour) {
    const share = ((time?.getTime() ?? fromMs) - fromMs) / (toMs - fromMs);
    const at = Math.min(parts.length - 1, Math.max(0, Math.floor(share * parts.length)));
    parts[at] = (parts[at] ?? 0) + calls;
  }
  return parts;
}

function withName(row: UsageRow, names: ReadonlyMap<string, string>, several: ReadonlySet<string>): NamedUsage {
  const { keyId, server, tool, method, time } = row;
  if (keyId !== undefined) {
    const name = names.get(keyId) ?? keyId;
    return { ...row, name: several.has(name) ? `${name} (${shortId(keyId)})` : name };
  }
  if (time !== undefined) return { ...row, name: formatTime(time) };
  return { ...row, name: [server, tool ?? method].filter((part) => part !== undefined).join(' · ') };
}
