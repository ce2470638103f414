import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { Action } from './action.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Takes a history in, wherever it is shown. */
export function takeHistory(state: State, { stream, rows, row }: Extract<Action, { type: 'historyRead' }>): Step {
  const screens = state.screens.map((screen) => {
    if (screen.screen === 'timeline' && screen.stream === stream) return { ...screen, rows };
    if (screen.screen !== 'key' || apiKeyStream(screen.id) !== stream) return screen;
    return { ...screen, history: rows, row: row ?? screen.row };
  });
  return [{ ...state, screens }, []];
}

/** Takes in what there was, unless the slider has moved on. */
export function takeThen(state: State, { stream, atMs, then }: Extract<Action, { type: 'thenRead' }>): State {
  const screens = state.screens.map((screen) =>
    screen.screen === 'timeline' && screen.stream === stream && screen.atMs === atMs ? { ...screen, then } : screen,
  );
  return { ...state, screens };
}
