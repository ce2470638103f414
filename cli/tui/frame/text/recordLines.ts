import { withCliName } from '../../../../src/cliName.ts';
import type { Field } from '../../../output/record.ts';
import { displayWidth, pad } from '../../../output/width.ts';
import type { TuiPaint } from './style.ts';
import { wrap } from './wrap.ts';

/** Where fields are shown, and to whom. */
interface Reader {
  readonly columns: number;
  readonly programName?: string | undefined;
}

/** Writes fields one below the other; long values go on below, and on narrow terminals labels stand above. */
export function recordLines(fields: readonly Field[], { columns, programName }: Reader, paint: TuiPaint): string[] {
  const present = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, withCliName(value, programName)] as const],
  );
  const label = Math.max(0, ...present.map(([name]) => displayWidth(name))) + 2;
  if (columns < label + 24) {
    return present.flatMap(([name, value]) => [
      paint('dim', name),
      ...wrap(value, columns - 2).map((line) => `  ${line}`),
    ]);
  }
  return present.flatMap(([name, value]) =>
    wrap(value, columns - label).map(
      (line, at) => (at === 0 ? paint('dim', pad(name, label)) : ' '.repeat(label)) + line,
    ),
  );
}
