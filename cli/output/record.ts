import type { Paint } from './paint.ts';
import { displayWidth, pad } from './width.ts';

/** Label and escaped value; an undefined value leaves its line out. */
export type Field = readonly [label: string, value: string | undefined];

/** Writes fields one below the other, their values aligned. Values are not cut: they are there to be copied. */
export function formatRecord(fields: readonly Field[], paint: Paint): string {
  const present = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(...present.map(([label]) => displayWidth(label)));
  return present.map(([label, value]) => `${paint('dim', pad(label, width))}  ${value}`).join('\n');
}
