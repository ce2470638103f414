import type { ScreenName, Shortcut, ShortcutGroup, State, Step } from '../../frame/model.ts';
import { groupsOn } from '../../frame/shortcuts.ts';
import { pop, withTop } from '../../frame/state.ts';
import { typeInto, type TextInput } from '../../frame/text/textInput.ts';

/** What was typed, and the offer under the cursor. */
export interface Palette {
  readonly input: TextInput;
  readonly at: number;
}

export const PALETTE: ScreenName<Palette> = { name: 'palette' };

/** An action that the palette offers. */
export interface Offer {
  readonly shortcut: Shortcut;
  /** The pane that it belongs to, when that is another one. */
  readonly pane: string | undefined;
}

/** Lists the actions that fit what was typed: those of the place where the user is, then those of the other panes. */
export function offersOf(state: State, text: string): readonly Offer[] {
  const below = state.screens.at(-2);
  const others = below === undefined ? state.panes.filter(({ name }) => name !== state.pane) : [];
  const offers = [
    ...groupsOn(below, state).flatMap((group) => offersIn(group, undefined)),
    ...others.flatMap((pane) => offersIn(pane, pane.name)),
  ];
  const parts = text.toLowerCase().split(/\s+/);
  return offers.filter(({ shortcut }) => parts.every((part) => shortcut.text.toLowerCase().includes(part)));
}

function offersIn({ shortcuts }: ShortcutGroup, pane: string | undefined): Offer[] {
  return shortcuts.filter(({ inPalette = true }) => inPalette).map((shortcut) => ({ shortcut, pane }));
}

/** Takes a keystroke in the palette. */
export function onPaletteKeystroke(state: State, palette: Palette, keystroke: string): Step {
  const offers = offersOf(state, palette.input.text);
  const goTo = (index: number): Step => {
    const at = Math.min(Math.max(0, index), Math.max(0, offers.length - 1));
    return [withTop(state, PALETTE, { ...palette, at }), []];
  };
  switch (keystroke) {
    case 'esc':
      return [pop(state), []];
    case 'down':
    case 'tab':
    case 'ctrl-n':
      return goTo(palette.at + 1);
    case 'up':
    case 'shift-tab':
    case 'ctrl-p':
      return goTo(palette.at - 1);
    case 'enter': {
      const offer = offers[palette.at];
      if (offer === undefined) return [state, []];
      return offer.shortcut.perform({ ...pop(state), pane: offer.pane ?? state.pane });
    }
  }
  const input = typeInto(palette.input, keystroke);
  if (input === undefined) return [state, []];
  if (input.text === '' && palette.input.text === '' && keystroke === 'backspace') return [pop(state), []];
  return [withTop(state, PALETTE, { input, at: 0 }), []];
}
