import { withFilter } from './filter.ts';
import type { State, Step } from './model.ts';
import { FILTERING, groupsOn, LEAVE, LISTS, shortcutOf } from './shortcuts.ts';
import { topScreen } from './state.ts';
import { pasteInto, typeInto, type TextInput } from './text/textInput.ts';

/** Takes a keystroke, in the place where the user is. */
export function onKeystroke(state: State, keystroke: string): Step {
  if (LEAVE.keystrokes.includes(keystroke)) return LEAVE.perform(state);
  const top = topScreen(state);
  if (top === undefined && state.filtering !== undefined) return typeFilter(state, state.filtering, keystroke);
  const taken = top?.kind.onKeystroke?.(state, top.content, keystroke);
  if (taken !== undefined) return taken;
  const shortcut = shortcutOf(keystroke, groupsOn(top, state));
  return shortcut === undefined ? [state, []] : shortcut.perform({ ...state, notice: undefined });
}

/** Takes a pasted text, where text is being typed; elsewhere it means nothing: a pasted secret must not run commands. */
export function onPaste(state: State, text: string): State {
  const top = topScreen(state);
  if (top !== undefined) return top.kind.onPaste?.(state, top.content, text) ?? state;
  return state.filtering === undefined ? state : withFilter(state, pasteInto(state.filtering, text));
}

function typeFilter(state: State, input: TextInput, keystroke: string): Step {
  const end = shortcutOf(keystroke, [FILTERING]);
  if (end !== undefined) return end.perform(state);
  const typed = typeInto(input, keystroke);
  if (typed !== undefined) return [withFilter(state, typed), []];
  return shortcutOf(keystroke, [LISTS])?.perform(state) ?? [state, []];
}
