import type { FieldChange, FieldValue } from '../../src/configuration/changes.ts';
import { escape } from '../../src/escape.ts';

/** Shows a change in JSON; what is not there is null. */
export function changeJson({ field, before, after }: FieldChange): object {
  return { field, before: before ?? null, after: after ?? null };
}

/** Shows a change to people. */
export function changeText({ field, before, after }: FieldChange): string {
  if (before === undefined) return `${escape(field)}: ${shown(after)}`;
  if (after === undefined) return `${escape(field)}: ${shown(before)} → none`;
  return `${escape(field)}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: FieldValue | undefined): string {
  if (value === undefined) return 'none';
  return escape(typeof value === 'object' ? value.join(', ') : String(value));
}
