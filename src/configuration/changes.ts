/** What stands for a secret wherever a change is shown. */
export const SECRET = '(secret)';

export type FieldValue = string | number | boolean | readonly string[];

/** One field of a change; undefined: it is not there. Never a secret. */
export interface FieldChange {
  readonly field: string;
  readonly before: FieldValue | undefined;
  readonly after: FieldValue | undefined;
}

/** Fields in the order in which they are shown. */
export type Fields = Readonly<Record<string, FieldValue | undefined>>;

/** Compares two records field by field; without `before`, every field that has a value is new. */
export function changesBetween(before: Fields, after: Fields): FieldChange[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names
    .map((field) => ({ field, before: before[field], after: after[field] }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
