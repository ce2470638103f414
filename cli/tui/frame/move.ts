import type { State, Step, Target } from './model.ts';
import { bodyHeight, openPane, topScreen } from './state.ts';
import { plain } from './text/style.ts';

/** Where each move leads from a line. */
export const TARGETS = {
  down: (from) => from + 1,
  up: (from) => from - 1,
  halfDown: (from, height) => from + half(height),
  halfUp: (from, height) => from - half(height),
  first: () => 0,
  last: (_from, _height, last) => last,
} as const satisfies Record<string, Target>;

function half(height: number): number {
  return Math.max(1, Math.floor(height / 2));
}

/** Moves in what the user looks at: a cursor, or the part that is shown. */
export function move(state: State, target: Target): Step {
  const top = topScreen(state);
  if (top === undefined) return [openPane(state)?.move?.(state, target) ?? state, []];
  const { kind, content } = top;
  const withScreen = (next: typeof top): Step => [{ ...state, screens: state.screens.with(-1, next) }, []];
  if (kind.move !== undefined) return withScreen({ ...top, content: kind.move(content, target, state) });
  if (kind.scrolls !== true) return [state, []];
  const height = bodyHeight(state);
  const last = Math.max(0, kind.lines(content, state, plain).length - height);
  return withScreen({ ...top, top: Math.min(Math.max(0, target(top.top, height, last)), last) });
}

/** Keeps the cursors of all panes in view after a resize. */
export function refit(state: State): State {
  return state.panes.reduce((next, pane) => pane.move?.(next, (from) => from) ?? next, state);
}
