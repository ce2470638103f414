import type { State } from './state.ts';
import type { TextInput } from './textInput.ts';
import { filterBy } from './window.ts';

/** Filters the list of the pane, as it is being typed. */
export function withFilter(state: State, input: TextInput, filtering: TextInput | undefined = input): State {
  const next = { ...state, filtering };
  const filter = input.text.trim();
  switch (state.pane) {
    case 'keys':
      return filter === state.keys.filter ? next : { ...next, keys: filterBy(state.keys, filter) };
    case 'servers':
      return filter === state.servers.filter ? next : { ...next, servers: filterBy(state.servers, filter) };
    case 'audit': {
      const { trail } = state;
      if (filter === trail.filter) return next;
      const begun = { filter, rows: undefined, next: undefined, isReading: false, at: 0, top: 0 };
      return { ...next, trail: { ...trail, ...begun, generation: trail.generation + 1 } };
    }
    case 'activity':
    case 'usage':
      return next;
  }
}

/** The filter of the pane; empty where there is none. */
export function filterOf(state: State): string {
  switch (state.pane) {
    case 'keys':
    case 'servers':
      return state[state.pane].filter;
    case 'audit':
      return state.trail.filter;
    case 'activity':
    case 'usage':
      return '';
  }
}

/** Shows the whole list of the pane again. */
export function withoutFilter(state: State): State {
  return { ...withFilter(state, { text: '', at: 0 }), filtering: undefined };
}
