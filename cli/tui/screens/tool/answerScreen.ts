import { escape } from '../../../../src/escape.ts';
import { truncate } from '../../../output/width.ts';
import type { Screen, ScreenKind, State } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { screen } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { marked, MARKS } from '../../frame/text/marked.ts';
import { wrap } from '../../frame/text/wrap.ts';

/** What a tool has answered, as text to be escaped. */
export interface Answer {
  readonly title: string;
  readonly text: string;
  /** The tool says that it failed. */
  readonly isError: boolean;
  /** The command that makes the same call. */
  readonly command: readonly string[];
}

const ANSWER: ScreenKind<Answer> = {
  name: 'answer',
  title: 'An answer',
  scrolls: true,
  shortcuts: [BACK],
  lines: answerLines,
  commands: ({ command }) => [command],
};

/** Shows what a tool has answered. */
export function answerScreen(answer: Answer): Screen {
  return screen(ANSWER, answer);
}

/** A screen is no place for more; the client of the key gets everything. */
const MAX_LINES = 5_000;

/** Writes what a tool has answered. */
function answerLines({ title, text, isError }: Answer, { size }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const lines = text.split('\n');
  const shown = lines.slice(0, MAX_LINES).flatMap((line) => wrap(escape(line), columns));
  const more = lines.length - MAX_LINES;
  const cut =
    more > 0 ? [paint('bold', `… ${more === 1 ? '1 line more is' : `${more} lines more are`} not shown.`)] : [];
  const head = isError ? [marked(truncate('✗ The tool says that it failed.', columns), MARKS.bad, paint)] : [];
  return [...wrap(escape(title), columns).map((line) => paint('bold', line)), ...head, '', ...shown, ...cut];
}
