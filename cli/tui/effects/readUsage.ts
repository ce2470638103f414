import { keyNames } from '../../../src/projections/tables/keyWindow.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { usageOf, type UsageRow } from '../../../src/usage/usageQueries.ts';
import { formatTime } from '../../keyView.ts';
import type { NamedUsage, UsageQuestion, UsageRead } from '../state/usagePane.ts';

const HOUR_MS = 3_600_000;
/** More is for `metamcp-cli usage`. */
const SHOWN = 500;

/** Reads what was used, the most used first; hours, the latest first. @throws Unavailable */
export async function readUsage({ db }: Stores, { group, hours }: UsageQuestion): Promise<UsageRead> {
  const to = new Date();
  const from = new Date(to.getTime() - hours * HOUR_MS);
  const groupBy = group === 'tool' ? (['server', 'tool'] as const) : ([group] as const);
  const rows = await usageOf(db, { from, to, groupBy });
  const order =
    group === 'hour'
      ? (a: UsageRow, b: UsageRow) => (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0)
      : (a: UsageRow, b: UsageRow) => b.calls - a.calls;
  const shown = rows.toSorted(order).slice(0, SHOWN);
  const names = await keyNames(
    db,
    shown.flatMap(({ keyId }) => keyId ?? []),
  );
  return { group, hours, rows: shown.map((row) => named(row, names)) };
}

function named(row: UsageRow, names: ReadonlyMap<string, string>): NamedUsage {
  const { keyId, server, tool, method, time } = row;
  if (keyId !== undefined) return { ...row, name: names.get(keyId) ?? keyId };
  if (time !== undefined) return { ...row, name: formatTime(time) };
  return { ...row, name: [server, tool ?? method].filter((part) => part !== undefined).join(' · ') };
}
