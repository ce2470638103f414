import type { Intent } from '../keys.ts';
import { filterOf, withoutFilter } from './filter.ts';
import { leave } from './leave.ts';
import { move } from './move.ts';
import { blankField, performForm, testForm } from './performForm.ts';
import { performHistory } from './performHistory.ts';
import { performKey } from './performKey.ts';
import { performServer } from './performServer.ts';
import { PANES, pop, push, topScreen, withTop, type Pane, type State } from './state.ts';
import type { Step } from './step.ts';
import { textInput } from './textInput.ts';
import { openTrailEvent } from './openTrailEvent.ts';
import { nextOf, USAGE_GROUPS, USAGE_RANGES } from './usagePane.ts';

/** Does what a key means. */
export function perform(state: State, intent: Intent): Step {
  switch (intent) {
    case 'quit':
      return leave(state, 0);
    case 'leave':
      return leave(state, 130);
    case 'help':
      return [push(state, { screen: 'help', top: 0 }), []];
    case 'palette':
      return [push(state, { screen: 'palette', input: textInput(), at: 0 }), []];
    case 'back':
      return back(state);
    case 'next-pane':
      return goTo(state, nextOf(PANES, state.pane));
    case 'previous-pane':
      return goTo(state, nextOf(PANES.toReversed(), state.pane));
    case 'pane-keys':
      return goTo(state, 'keys');
    case 'pane-servers':
      return goTo(state, 'servers');
    case 'pane-activity':
      return goTo(state, 'activity');
    case 'pane-audit':
      return goTo(state, 'audit');
    case 'pane-usage':
      return goTo(state, 'usage');
    case 'filter':
      return [{ ...state, filtering: textInput(filterOf(state)) }, []];
    case 'submit':
      return performForm(state);
    case 'test':
      return testForm(state);
    case 'blank':
      return blankField(state);
    case 'copy': {
      const screen = topScreen(state);
      if (screen?.screen !== 'secret') return [state, []];
      return [withTop(state, { ...screen, copied: true }), [{ effect: 'copy', text: screen.issued.apiKey }]];
    }
    case 'open':
      return open(state);
    case 'usage-group':
      return [
        {
          ...state,
          usage: { ...state.usage, group: nextOf(USAGE_GROUPS, state.usage.group), rows: undefined, at: 0, top: 0 },
        },
        [],
      ];
    case 'usage-range':
      return [
        {
          ...state,
          usage: {
            ...state.usage,
            hours: nextOf<number>(USAGE_RANGES, state.usage.hours),
            rows: undefined,
            at: 0,
            top: 0,
          },
        },
        [],
      ];
    case 'key-create':
    case 'key-access':
    case 'key-rotate':
    case 'key-inactivate':
    case 'key-activate':
    case 'key-delete':
    case 'key-deleted':
      return performKey(state, intent);
    case 'server-add':
    case 'server-edit':
    case 'server-enable':
    case 'server-disable':
    case 'server-remove':
    case 'server-test':
    case 'server-browse':
      return performServer(state, intent);
    case 'history':
    case 'earlier':
    case 'later':
    case 'slide-earlier':
    case 'slide-later':
    case 'now':
    case 'undo':
      return performHistory(state, intent);
    case 'down':
    case 'up':
    case 'half-down':
    case 'half-up':
    case 'first':
    case 'last':
      return topScreen(state)?.screen === 'timeline' ? performHistory(state, 'first') : move(state, intent);
  }
}

function open(state: State): Step {
  if (topScreen(state)?.screen === 'catalogue') return performServer(state, 'open');
  switch (state.pane) {
    case 'keys':
      return performKey(state, 'open');
    case 'servers':
      return performServer(state, 'open');
    case 'activity':
    case 'audit':
      return openTrailEvent(state);
    case 'usage':
      return [state, []];
  }
}

function back(state: State): Step {
  const screen = topScreen(state);
  if (screen === undefined) return [withoutFilter(state), []];
  const work = screen.screen === 'catalogue' ? screen.work : screen.screen === 'form' ? screen.form.testing : undefined;
  return [pop(state), work === undefined ? [] : [{ effect: 'cancel', work }]];
}

function goTo(state: State, pane: Pane): Step {
  return [{ ...state, pane, screens: [], filtering: undefined, notice: undefined }, []];
}
