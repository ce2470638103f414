import { escape } from '../../../../src/escape.ts';
import { keyStatus, keyTitle, listed } from '../../../views/keyView.ts';
import { keyCount } from '../../../views/roleView.ts';
import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import type { KeySort } from '../../../../src/projections/tables/keyFilter.ts';
import { withSorted } from '../../frame/lists/sort.ts';
import type { Column } from '../../../output/table.ts';
import { sparkline } from '../../frame/text/bars.ts';
import { firstSteps } from '../../frame/text/firstSteps.ts';
import { twins } from '../../frame/text/twins.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import type { Window } from '../../frame/lists/window.ts';
import { windowLines } from '../../frame/lists/windowLines.ts';
import type { State } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { effectiveAccess } from '../../../../src/projections/tables/keyRoles.ts';
import { KEYS } from './state.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 24 },
  { title: 'STATUS' },
  { title: 'OWNER', min: 17, drop: 6 },
  { title: 'LAST HOUR', drop: 3 },
  { title: 'LAST USED', drop: 2 },
  { title: 'EXPIRES', drop: 1 },
  { title: 'GRANTS', min: 8, drop: 4 },
  { title: 'SCOPES', min: 12, drop: 5 },
];
/** The column that each order is of. */
const SORTED: Readonly<Partial<Record<KeySort, string>>> = {
  name: 'NAME',
  expires: 'EXPIRES',
  'last-used': 'LAST USED',
};

const NO_CALLS: readonly number[] = new Array<number>(12).fill(0);

/** Writes the list of keys. */
export function keysLines(state: State, paint: TuiPaint): string[] {
  const { list, usage: usages, sort, marked } = slotOf(state, KEYS);
  // A column of its own only where there is something in it.
  const owners = isOwned(list);
  const several = twins([...list.pages.values()].flatMap((rows) => rows.map(({ name }) => name)));
  const columns = owners ? COLUMNS : COLUMNS.filter(({ title }) => title !== 'OWNER');
  return windowLines(state, paint, {
    window: list,
    columns: withSorted(columns, SORTED[sort]),
    isMarked: ({ id }) => marked.has(id),
    marked: marked.size,
    cellsOf: (row) => {
      const usage = usages.get(row.id);
      const { scopes, grants } = effectiveAccess(row);
      const calls = usage === undefined || usage.calls.length === 0 ? NO_CALLS : usage.calls;
      return [
        { text: several.has(row.name) ? keyTitle(row) : escape(row.name) },
        keyStatus(row, state.nowMs),
        ...(owners ? [{ text: escape(row.owner ?? '') }] : []),
        { text: sparkline(calls) },
        { text: usage === undefined ? '' : ago(usage.lastUsed, state.nowMs) },
        { text: expiry(row.expiresAt, state.nowMs) },
        { text: listed(grants) },
        { text: listed(scopes) },
      ];
    },
    empty: () => firstSteps('There are no keys yet.', state, paint),
    what: 'keys',
    typical: ['n'.repeat(24), 'inactive', ...(owners ? [''] : []), '.'.repeat(12), '59m ago', '2027-01-31', '', ''],
  });
}

/** Whether a key in memory has an owner: the column does not come and go while one scrolls. */
function isOwned({ pages }: Window<KeyOnScreen>): boolean {
  return [...pages.values()].some((rows) => rows.some(({ owner }) => owner !== null));
}

/** The command that lists the same keys. */
export function keysCommand(state: State): readonly string[] {
  const { list, sort } = slotOf(state, KEYS);
  const order = sort === 'created' ? [] : ['--sort', sort];
  const filter = list.filter === '' ? [] : ['--match', list.filter];
  return ['keys', 'list', '--include-inactive', ...order, ...filter];
}

/** Writes how many keys there are, and what asks for attention. */
export function keysSummary(state: State): string | undefined {
  const { totals } = slotOf(state, KEYS);
  if (totals === undefined) return undefined;
  const { keys, used, expiring } = totals;
  const soon =
    expiring === 0 ? '' : `, ${expiring.toLocaleString('en')} ${expiring === 1 ? 'expires' : 'expire'} this week`;
  return `${keyCount(keys)}, ${used.toLocaleString('en')} used today${soon}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** Writes a length of time in one unit; undefined: less than a minute. */
function inOneUnit(ms: number): string | undefined {
  const unit = UNITS.find(([, size]) => ms >= size);
  return unit === undefined ? undefined : `${Math.floor(ms / unit[1])}${unit[0]}`;
}

/** Writes how long ago something was. */
function ago(time: Date | undefined, nowMs: number): string {
  if (time === undefined) return 'never';
  const length = inOneUnit(nowMs - time.getTime());
  return length === undefined ? 'now' : `${length} ago`;
}

/** From here on the colour of the status warns; the words say it, too, where there are no colours. */
const SOON_MS = 30 * 86_400_000;

/** Writes the day on which a key expires, or how soon that is. */
function expiry(expiresAt: Date | null, nowMs: number): string {
  if (expiresAt === null) return 'never';
  const left = expiresAt.getTime() - nowMs;
  return left <= 0 || left > SOON_MS ? expiresAt.toISOString().slice(0, 10) : `in ${inOneUnit(left) ?? '1m'}`;
}
