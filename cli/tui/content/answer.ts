import { escape } from '../../escape.ts';
import type { ScreenOf } from '../state/screen.ts';
import type { TuiPaint } from '../style.ts';
import { wrap } from './wrap.ts';

/** A screen is no place for more; the client of the key gets everything. */
const MAX_LINES = 5_000;

/** Writes what a tool has answered. */
export function answerLines({ answer }: ScreenOf<'answer'>, columns: number, paint: TuiPaint): string[] {
  const { title, text, isError } = answer;
  const lines = text.split('\n');
  const shown = lines.slice(0, MAX_LINES).flatMap((line) => wrap(escape(line), columns));
  const cut =
    lines.length > MAX_LINES ? [paint('yellow', `${lines.length - MAX_LINES} lines more are not shown.`)] : [];
  const head = isError ? [paint('red', 'The tool says that it failed.')] : [];
  return [...wrap(escape(title), columns).map((line) => paint('bold', line)), ...head, '', ...shown, ...cut];
}
