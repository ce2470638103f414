import { escape } from '../../../../src/escape.ts';
import type { Screen, ScreenKind, State } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { screen } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';

/** Lines to be read, to be escaped. */
export interface TextContent {
  readonly title: string;
  readonly lines: readonly string[];
  /** The command that shows the same. */
  readonly command?: readonly string[];
}

const TEXT: ScreenKind<TextContent> = {
  name: 'text',
  title: 'A log',
  scrolls: true,
  shortcuts: [BACK],
  lines: textLines,
  commands: ({ command }) => (command === undefined ? [] : [command]),
};

/** Shows lines. */
export function textScreen(content: TextContent): Screen {
  return screen(TEXT, content);
}

function textLines({ title, lines }: TextContent, { size }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const shown = lines.flatMap((line) => wrap(escape(line), columns));
  return [...wrap(escape(title), columns).map((line) => paint('bold', line)), '', ...shown];
}
