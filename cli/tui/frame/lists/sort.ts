import type { Column } from '../../../output/table.ts';

/** The next order of a list; after the last comes the first. */
export function nextOf<T>(choices: readonly T[], now: T): T {
  return choices[(choices.indexOf(now) + 1) % choices.length] ?? now;
}

/** Shows in the header by which column the rows are sorted. */
export function withSorted(
  columns: readonly Column[],
  sorted: string | undefined,
  sign: '▲' | '▼' = '▲',
): readonly Column[] {
  return columns.map((column) => (column.title === sorted ? { ...column, title: `${column.title} ${sign}` } : column));
}
