import type { z } from 'zod';
import { plainFault } from '../../../../src/plainFault.ts';
import { reasonSchema } from '../../../../src/events/text.ts';
import type { Complaints, Field, Values } from './form.ts';

/** Why something is done. */
export const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  kind: 'text',
  hint: 'for the audit trail; may stay empty',
};

/** Checks a text that people read. */
export function checkTextOf(schema: z.ZodType<string>, text = ''): Complaints[string] {
  const [issue] = schema.safeParse(text, { error: plainFault }).error?.issues ?? [];
  return issue === undefined ? undefined : `It ${issue.message}.`;
}

/** Checks a reason. */
export function checkReason(values: Values): Complaints[string] {
  return checkTextOf(reasonSchema, values['reason']);
}

/** The answer in a field that may stay empty. */
export function optional(values: Values, field: string): string | undefined {
  const text = (values[field] ?? '').trim();
  return text === '' ? undefined : text;
}
