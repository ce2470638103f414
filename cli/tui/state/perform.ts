import type { Intent } from '../keys.ts';
import { linesOf } from '../content/content.ts';
import type { Step } from './step.ts';
import { performForm } from './performForm.ts';
import { performKey } from './performKey.ts';
import { withoutFilter } from './filter.ts';
import { bodyHeight, listHeight, PANES, pop, push, topScreen, withTop, type Pane, type State } from './state.ts';
import { plain } from '../style.ts';
import { textInput } from './textInput.ts';
import { moveTo } from './window.ts';

/** Does what a key means. */
export function perform(state: State, intent: Intent): Step {
  switch (intent) {
    case 'quit':
    case 'leave':
      return leave(state, intent === 'quit' ? 0 : 130);
    case 'help':
      return [push(state, { screen: 'help', top: 0 }), []];
    case 'palette':
      return [push(state, { screen: 'palette', input: textInput(), at: 0 }), []];
    case 'back':
      return back(state);
    case 'next-pane':
    case 'previous-pane': {
      const step = intent === 'next-pane' ? 1 : PANES.length - 1;
      return goTo(state, PANES[(PANES.indexOf(state.pane) + step) % PANES.length] ?? 'keys');
    }
    case 'pane-keys':
      return goTo(state, 'keys');
    case 'pane-servers':
      return goTo(state, 'servers');
    case 'down':
    case 'up':
    case 'half-down':
    case 'half-up':
    case 'first':
    case 'last':
      return move(state, intent);
    case 'filter':
      return [{ ...state, filtering: textInput(state[state.pane].filter) }, []];
    case 'submit':
      return performForm(state);
    case 'copy': {
      const screen = topScreen(state);
      if (screen?.screen !== 'secret') return [state, []];
      return [withTop(state, { ...screen, copied: true }), [{ effect: 'copy', text: screen.issued.apiKey }]];
    }
    case 'open':
    case 'key-create':
    case 'key-access':
    case 'key-rotate':
    case 'key-inactivate':
    case 'key-activate':
    case 'key-delete':
    case 'key-deleted':
      return performKey(state, intent);
  }
}

/** Leaves at once, or when what is under way has ended; asked again, at once. */
function leave(state: State, code: number): Step {
  if (state.work.length === 0 || state.leaving !== undefined) return [state, [{ effect: 'leave', code }]];
  return [{ ...state, leaving: { code, sinceMs: state.nowMs } }, []];
}

function back(state: State): Step {
  if (topScreen(state) !== undefined) return [pop(state), []];
  return [withoutFilter(state), []];
}

function goTo(state: State, pane: Pane): Step {
  return [{ ...state, pane, screens: [], filtering: undefined, notice: undefined }, []];
}

type Move = Extract<Intent, 'down' | 'up' | 'half-down' | 'half-up' | 'first' | 'last'>;

/** Where a move leads from a line. */
function target(from: number, height: number, last: number, intent: Move): number {
  const half = Math.max(1, Math.floor(height / 2));
  return { down: from + 1, up: from - 1, 'half-down': from + half, 'half-up': from - half, first: 0, last }[intent];
}

function move(state: State, intent: Move): Step {
  const screen = topScreen(state);
  if (screen === undefined) {
    const height = listHeight(state);
    const window = state[state.pane];
    const index = target(window.cursor, height, (window.total ?? 1) - 1, intent);
    return state.pane === 'keys'
      ? [{ ...state, keys: moveTo(state.keys, index, height) }, []]
      : [{ ...state, servers: moveTo(state.servers, index, height) }, []];
  }
  if (!('top' in screen)) return [state, []];
  const height = bodyHeight(state);
  const last = Math.max(0, linesOf(screen, state, plain).length - height);
  const top = Math.min(Math.max(0, target(screen.top, height, last, intent)), last);
  return [withTop(state, { ...screen, top }), []];
}
