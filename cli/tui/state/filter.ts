import type { State } from './state.ts';
import type { TextInput } from './textInput.ts';
import { filterBy } from './window.ts';

/** Filters the list of the pane, as it is being typed. */
export function withFilter(state: State, input: TextInput, filtering: TextInput | undefined = input): State {
  const next = { ...state, filtering };
  const filter = input.text.trim();
  if (filter === state[state.pane].filter) return next;
  return state.pane === 'keys'
    ? { ...next, keys: filterBy(state.keys, filter) }
    : { ...next, servers: filterBy(state.servers, filter) };
}

/** Shows the whole list of the pane again. */
export function withoutFilter(state: State): State {
  return { ...withFilter(state, { text: '', at: 0 }), filtering: undefined };
}
