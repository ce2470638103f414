import { keyNames } from '../../../../src/projections/tables/apiKeys.ts';
import { usageOf, type UsageRow } from '../../../../src/usage/usageQueries.ts';
import { formatTime } from '../../../views/keyView.ts';
import { moveCursor } from '../../frame/lists/cursor.ts';
import type { Source } from '../../frame/model.ts';
import { slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { USAGE, type NamedUsage, type UsageQuery } from './state.ts';

const HOUR_MS = 3_600_000;
/** More is for `metamcp-cli usage`. */
const MAX_ROWS = 500;

/** Who called how much: the most calls first; hours, the latest first. */
export const USAGE_ROWS: Source<UsageQuery, readonly NamedUsage[]> = {
  async read({ stores: { db } }, { group, hours }) {
    const to = new Date();
    const from = new Date(to.getTime() - hours * HOUR_MS);
    const groupBy = group === 'tool' ? (['server', 'tool'] as const) : ([group] as const);
    const rows = await usageOf(db, { from, to, groupBy });
    const order =
      group === 'hour'
        ? (a: UsageRow, b: UsageRow) => (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0)
        : (a: UsageRow, b: UsageRow) => b.calls - a.calls;
    const shown = rows.toSorted(order).slice(0, MAX_ROWS);
    const names = await keyNames(
      db,
      shown.flatMap(({ keyId }) => keyId ?? []),
    );
    return shown.map((row) => withName(row, names));
  },
  take(state, { group, hours }, rows) {
    const usage = slotOf(state, USAGE);
    if (group !== usage.group || hours !== usage.hours) return [state, []];
    const cursor = moveCursor(usage, usage.at, rows.length, titledListHeight(state));
    return [withSlot(state, USAGE, { ...cursor, rows }), []];
  },
};

function withName(row: UsageRow, names: ReadonlyMap<string, string>): NamedUsage {
  const { keyId, server, tool, method, time } = row;
  if (keyId !== undefined) return { ...row, name: names.get(keyId) ?? keyId };
  if (time !== undefined) return { ...row, name: formatTime(time) };
  return { ...row, name: [server, tool ?? method].filter((part) => part !== undefined).join(' · ') };
}
