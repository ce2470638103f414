import { contextsOf, KEYMAP, type Binding, type Context, type Intent } from '../keys.ts';
import { perform } from './perform.ts';
import type { ScreenOf } from './screen.ts';
import { PANES, pop, withTop, type Pane, type State } from './state.ts';
import type { Step } from './step.ts';
import { typeInto } from './textInput.ts';

/** An action that the palette offers. */
export interface Offer {
  readonly binding: Binding;
  /** The pane that it belongs to, when that is another one. */
  readonly pane: Pane | undefined;
}

/** Moving about needs no palette. */
const NOT_OFFERED: ReadonlySet<Intent> = new Set([
  'palette',
  'down',
  'up',
  'half-down',
  'half-up',
  'first',
  'last',
  'back',
  'next-pane',
  'previous-pane',
]);

/** Lists the actions that fit what was typed: those of the place where the user is, then those of the other panes. */
export function offersOf(state: State, text: string): readonly Offer[] {
  const below = state.screens.at(-2);
  const here = contextsOf(below?.screen, state.pane);
  const others = PANES.filter((pane) => !here.includes(pane));
  const offers = [
    ...here.flatMap((context) => offersIn(context, undefined)),
    ...(below === undefined ? others.flatMap((pane) => offersIn(pane, pane)) : []),
  ];
  const words = text.toLowerCase().split(/\s+/);
  return offers.filter(({ binding }) => words.every((word) => binding.says.toLowerCase().includes(word)));
}

function offersIn(context: Context, pane: Pane | undefined): Offer[] {
  return KEYMAP[context].filter(({ intent }) => !NOT_OFFERED.has(intent)).map((binding) => ({ binding, pane }));
}

/** Takes a key in the palette. */
export function typeInPalette(state: State, screen: ScreenOf<'palette'>, key: string): Step {
  const offers = offersOf(state, screen.input.text);
  const go = (at: number): Step => [
    withTop(state, { ...screen, at: Math.min(Math.max(0, at), Math.max(0, offers.length - 1)) }),
    [],
  ];
  if (key === 'esc') return [pop(state), []];
  if (key === 'down' || key === 'tab' || key === 'ctrl-n') return go(screen.at + 1);
  if (key === 'up' || key === 'shift-tab' || key === 'ctrl-p') return go(screen.at - 1);
  if (key === 'enter') {
    const offer = offers[screen.at];
    if (offer === undefined) return [state, []];
    const below = pop(state);
    return perform(offer.pane === undefined ? below : { ...below, pane: offer.pane }, offer.binding.intent);
  }
  const input = typeInto(screen.input, key);
  if (input === undefined) return [state, []];
  if (input.text === '' && screen.input.text === '' && key === 'backspace') return [pop(state), []];
  return [withTop(state, { ...screen, input, at: 0 }), []];
}
