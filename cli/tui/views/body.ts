import { linesOf } from '../content/content.ts';
import { bodyHeight, topScreen, type Pane, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { activityLines } from './activity.ts';
import { catalogueLines } from './catalogue.ts';
import { formLines } from './form.ts';
import { keyList } from './keyList.ts';
import { paletteLines } from './palette.ts';
import { serverList } from './serverList.ts';
import { timelineLines } from './timeline.ts';
import { trailLines } from './trail.ts';
import { usageLines } from './usage.ts';

const PANE_LINES: Readonly<Record<Pane, (state: State, paint: TuiPaint) => string[]>> = {
  keys: keyList,
  servers: serverList,
  activity: activityLines,
  audit: trailLines,
  usage: usageLines,
};

/** Writes what the user looks at. */
export function bodyLines(state: State, paint: TuiPaint): readonly string[] {
  const screen = topScreen(state);
  if (screen === undefined) return PANE_LINES[state.pane](state, paint);
  switch (screen.screen) {
    case 'form':
      return formLines(screen.form, state, paint);
    case 'palette':
      return paletteLines(screen, state, paint);
    case 'catalogue':
      return catalogueLines(screen, state, paint);
    case 'timeline':
      return timelineLines(screen, state, paint);
    case 'help':
    case 'secret':
    case 'key':
    case 'server':
    case 'answer':
      return linesOf(screen, state, paint).slice(screen.top, screen.top + bodyHeight(state));
  }
}
