import type { State } from './model.ts';
import { openPane } from './state.ts';
import { textInput, type TextInput } from './text/textInput.ts';

/** Starts typing a filter for the list of the pane. */
export function startFilter(state: State): State {
  return { ...state, filtering: textInput(filterOf(state)) };
}

/** Filters the list of the pane, as it is being typed. */
export function withFilter(state: State, input: TextInput, filtering: TextInput | undefined = input): State {
  const next = { ...state, filtering };
  const filter = input.text.trim();
  return filter === filterOf(state) ? next : (openPane(state)?.list?.filterBy(next, filter) ?? next);
}

/** Shows the whole list of the pane again. */
export function withoutFilter(state: State): State {
  return { ...withFilter(state, textInput()), filtering: undefined };
}

function filterOf(state: State): string {
  return openPane(state)?.list?.filterOf(state) ?? '';
}
