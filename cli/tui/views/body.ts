import { linesOf } from '../content/content.ts';
import { bodyHeight, topScreen, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { formLines } from './form.ts';
import { keyList } from './keyList.ts';
import { paletteLines } from './palette.ts';
import { serverList } from './serverList.ts';

/** Writes what the user looks at. */
export function bodyLines(state: State, paint: TuiPaint): readonly string[] {
  const screen = topScreen(state);
  if (screen === undefined) return state.pane === 'keys' ? keyList(state, paint) : serverList(state, paint);
  switch (screen.screen) {
    case 'form':
      return formLines(screen.form, state, paint);
    case 'palette':
      return paletteLines(screen, state, paint);
    case 'help':
    case 'secret':
    case 'key':
      return linesOf(screen, state, paint).slice(screen.top, screen.top + bodyHeight(state));
  }
}
