import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import { systemClock } from '../../../src/clock.ts';
import { shortId } from '../../../src/shortId.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import { SHOWN_BEFORE_QUESTION } from '../../input/confirmation.ts';
import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { formatDifferences } from '../../views/keyDifference.ts';
import { keyStatus } from '../../views/keyView.ts';
import type { KeyFailure, PlannedKey } from './planKeys.ts';

export const PLAN_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'ID' },
  { title: 'STATUS' },
  { title: 'WHAT', min: 16 },
];

/** Lays out what would be done to one key. */
export function planCells({ key, types, differences, failure, leftOut }: PlannedKey): Cell[] {
  if (leftOut !== undefined) return keyLine(key, leftOutCell(leftOut));
  if (failure !== undefined) return keyLine(key, failure);
  if (types.length === 0) return keyLine(key, { text: 'nothing: it is so already', style: 'dim' });
  const text = differences.length === 0 ? types.join(', ') : formatDifferences(differences);
  return keyLine(key, { text });
}

/** Lays out why a key is left out. */
export function leftOutCell(why: string): Cell {
  return { text: `left out: ${escape(why)}`, style: 'dim' };
}

/** Lays out one key, and what is done to it or why not. */
export function keyLine(key: ApiKeyRow, what: Cell | KeyFailure): Cell[] {
  return [
    { text: escape(key.name), style: 'bold' },
    { text: shortId(key.id) },
    keyStatus(key, systemClock()),
    'code' in what ? { text: `not changed: ${escape(what.message)}`, style: 'red' } : what,
  ];
}

/** Counts what a plan would do. */
export function planTotals(plan: Iterable<Pick<PlannedKey, 'types' | 'failure' | 'leftOut'>>): string {
  let [all, changed, same, refused, left] = [0, 0, 0, 0, 0];
  for (const { types, failure, leftOut } of plan) {
    all += 1;
    if (leftOut !== undefined) left += 1;
    else if (failure !== undefined) refused += 1;
    else if (types.length > 0) changed += 1;
    else same += 1;
  }
  const parts = [
    `${number(changed)} would be changed`,
    ...(same > 0 ? [`${number(same)} ${same === 1 ? 'is' : 'are'} so already`] : []),
    ...(refused > 0 ? [`${number(refused)} can’t be changed`] : []),
    ...(left > 0 ? [`${number(left)} ${left === 1 ? 'is' : 'are'} left out`] : []),
  ];
  return `${keyCount(all)}: ${parts.join(', ')}.`;
}

/** As in: 1 key, or 2,000 keys. */
export function keyCount(count: number): string {
  return count === 1 ? '1 key' : `${number(count)} keys`;
}

/** Shows a plan before a question: what is refused first, then what is left out, then what is changed. */
export function showPlan({ output, stderr }: Cli, plan: readonly PlannedKey[]): void {
  const refused = plan.filter(({ failure }) => failure !== undefined);
  const left = plan.filter(({ leftOut }) => leftOut !== undefined);
  const changed = plan.filter(({ types }) => types.length > 0);
  const kinds = [refused, left, changed];
  const cells = kinds.flatMap((kind) => kind.slice(0, SHOWN_BEFORE_QUESTION)).map(planCells);
  const width = stderr.columns ?? output.width;
  const table = layOutTable(PLAN_COLUMNS, cells, { width, paint: output.paint });
  const more = kinds.flat().length - cells.length;
  const lines = [
    table.header,
    ...cells.map((line) => table.row(line)),
    ...(more > 0 ? [`… and ${keyCount(more)} more; --dry-run shows all`] : []),
    planTotals(plan),
  ];
  stderr.write(`${lines.join('\n')}\n`);
}

function number(value: number): string {
  return value.toLocaleString('en');
}
