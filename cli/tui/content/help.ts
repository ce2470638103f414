import { contextsOf, KEYMAP, showKey, type Context } from '../keys.ts';
import { pad, truncate } from '../../output/width.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';

const TITLES: Readonly<Partial<Record<Context, string>>> = {
  everywhere: 'Everywhere',
  panes: 'Panes',
  list: 'Lists',
  scroll: 'Moving',
  keys: 'Keys',
  servers: 'Servers',
  activity: 'Activity',
  audit: 'Audit',
  usage: 'Usage',
  key: 'A key',
  server: 'A server',
  catalogue: 'What a server offers',
  answer: 'An answer',
  timeline: 'History',
  secret: 'The new key',
  form: 'Forms',
};

/** Lists the keys that hold where help was asked for, then those of forms. */
export function helpLines(state: State, paint: TuiPaint): string[] {
  const below = state.screens.findLast(({ screen }) => screen !== 'help');
  const contexts: Context[] = [...contextsOf(below?.screen, state.pane), 'form'];
  return contexts.flatMap((context) => {
    const bindings = KEYMAP[context];
    if (bindings.length === 0) return [];
    const lines = bindings.map(({ keys, says }) => {
      const line = `  ${pad(keys.map(showKey).join(' '), 12)} ${says}`;
      return truncate(line, state.size.columns);
    });
    return [paint('bold', TITLES[context] ?? context), ...lines, ''];
  });
}
