import type { Complaints, Field, Values } from '../state/form.ts';

/** Why something is done. */
export const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  kind: 'text',
  hint: 'for the audit trail; may stay empty',
};

/** Bounds a text that people read. */
export function checkLength(values: Values, field: string): Complaints[string] {
  return (values[field] ?? '').length > 4_096 ? 'It may have 4,096 characters at most.' : undefined;
}

/** The answer in a field that may stay empty. */
export function optional(values: Values, field: string): string | undefined {
  const text = (values[field] ?? '').trim();
  return text === '' ? undefined : text;
}
