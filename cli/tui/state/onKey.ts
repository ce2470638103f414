import { bindingOf, contextsOf } from '../keys.ts';
import type { Effect } from './effect.ts';
import { pasteInForm, typeInForm } from './form.ts';
import { perform } from './perform.ts';
import { typeInPalette } from './palette.ts';
import type { Step } from './step.ts';
import { withFilter, withoutFilter } from './filter.ts';
import { topScreen, withTop, type State } from './state.ts';
import { pasteInto, typeInto, type TextInput } from './textInput.ts';

/** Takes a key, in the place where the user is. */
export function onKey(state: State, key: string): Step {
  const screen = topScreen(state);
  if (key === 'ctrl-c') return perform(state, 'leave');
  if (screen === undefined && state.filtering !== undefined) return typeFilter(state, state.filtering, key);
  if (screen?.screen === 'palette') return typeInPalette(state, screen, key);
  if (screen?.screen === 'form') {
    // Nothing can be changed any more; a call can still be cancelled, a change can't.
    const { work } = screen.form;
    if (work !== undefined) return [state, key === 'esc' ? cancel(state, work) : []];
    const isLast = screen.form.at >= screen.form.spec.fields.length - 1;
    if (key === 'enter') return isLast ? perform(state, 'submit') : onKey(state, 'tab');
    const typed = typeInForm(screen.form, key);
    if (typed !== undefined) return [withTop(state, { screen: 'form', form: typed }), []];
  }
  const binding = bindingOf(key, contextsOf(screen?.screen, state.pane));
  return binding === undefined ? [state, []] : perform({ ...state, notice: undefined }, binding.intent);
}

/** Takes a pasted text, where text is being typed; elsewhere it means nothing: a pasted secret must not run commands. */
export function onPaste(state: State, text: string): Step {
  const screen = topScreen(state);
  if (screen?.screen === 'form' && screen.form.work === undefined) {
    return [withTop(state, { screen: 'form', form: pasteInForm(screen.form, text) }), []];
  }
  if (screen === undefined && state.filtering !== undefined) {
    return [withFilter(state, pasteInto(state.filtering, text)), []];
  }
  return [state, []];
}

function cancel({ work }: State, id: number): Effect[] {
  const isChange = work.find((each) => each.id === id)?.isChange ?? true;
  return isChange ? [] : [{ effect: 'cancel', work: id }];
}

function typeFilter(state: State, input: TextInput, key: string): Step {
  if (key === 'enter') return [{ ...state, filtering: undefined }, []];
  if (key === 'esc') return [withoutFilter(state), []];
  const typed = typeInto(input, key);
  if (typed !== undefined) return [withFilter(state, typed), []];
  const binding = bindingOf(key, ['list']);
  return binding === undefined ? [state, []] : perform(state, binding.intent);
}
