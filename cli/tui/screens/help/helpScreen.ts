import { displayWidth, pad, truncate } from '../../../output/width.ts';
import type { Screen, ScreenKind, State } from '../../frame/model.ts';
import { BACK, groupsOn, showKeystroke } from '../../frame/shortcuts.ts';
import { screen } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { FORM_KIND } from '../form/formScreen.ts';

const HELP: ScreenKind<undefined> = {
  name: 'help',
  title: 'Help',
  scrolls: true,
  shortcuts: [BACK],
  commands: () => [['--help']],
  lines: (_content, state, paint) => helpLines(state, paint),
};

/** Shows the shortcuts. */
export function helpScreen(): Screen {
  return screen(HELP, undefined);
}

/** Columns of the keystrokes; of many that do the same, the first ones are enough. */
const KEYSTROKES = 15;

function fitting(keystrokes: readonly string[]): string {
  return keystrokes.reduce((all, each) => (displayWidth(`${all} ${each}`) <= KEYSTROKES ? `${all} ${each}` : all));
}

/** Lists the shortcuts that hold where help was opened, then those of forms. */
export function helpLines(state: State, paint: TuiPaint): string[] {
  const below = state.screens.findLast(({ kind }) => kind.name !== HELP.name);
  return [...groupsOn(below, state), FORM_KIND].flatMap(({ title, shortcuts }) => {
    if (shortcuts.length === 0) return [];
    const lines = shortcuts.map(({ keystrokes, text }) => {
      return truncate(`  ${pad(fitting(keystrokes.map(showKeystroke)), KEYSTROKES)} ${text}`, state.size.columns);
    });
    return [paint('bold', title), ...lines, ''];
  });
}
