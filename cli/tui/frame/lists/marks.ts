/** Rows that the user has marked, by their ids: with what they are called. Marks stay whatever the list shows. */
export type Marks = ReadonlyMap<string, string>;

export const NO_MARKS: Marks = new Map();

/** So many can be marked: each is changed by a command of its own. */
export const MAX_MARKS = 1_000;

interface Markable {
  readonly id: string;
  readonly name: string;
}

/** Marks a row, or takes its mark away. */
export function toggleMark(marks: Marks, { id, name }: Markable): Marks {
  if (marks.has(id)) return new Map([...marks].filter(([each]) => each !== id));
  return marks.size < MAX_MARKS ? new Map([...marks, [id, name]]) : marks;
}

/** Marks rows, too, as far as there is room. */
export function addMarks(marks: Marks, rows: readonly Markable[]): Marks {
  return new Map([...new Map([...marks, ...rows.map(({ id, name }) => [id, name] as const)])].slice(0, MAX_MARKS));
}

/** Takes marks away. */
export function dropMarks(marks: Marks, ids: readonly string[]): Marks {
  return new Map([...marks].filter(([id]) => !ids.includes(id)));
}
