import { escape } from '../../../../src/escape.ts';
import { pad, truncate } from '../../../output/width.ts';
import type { Screen, ScreenKind, State } from '../../frame/model.ts';
import { showKeystroke } from '../../frame/shortcuts.ts';
import { bodyHeight, screen } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { textInput } from '../../frame/text/textInput.ts';
import { offersOf, onPaletteKeystroke, PALETTE, type Palette } from './palette.ts';

const PALETTE_KIND: ScreenKind<Palette> = {
  ...PALETTE,
  title: 'Palette',
  isTyping: true,
  // The palette takes them itself; they stand here to be shown.
  shortcuts: [
    { keystrokes: ['enter'], text: 'do it', hint: 'do it', perform: (state) => [state, []] },
    { keystrokes: ['esc'], text: 'leave it', hint: 'back', perform: (state) => [state, []] },
  ],
  lines: paletteLines,
  onKeystroke: onPaletteKeystroke,
};

/** Shows the palette, which finds actions by their names. */
export function paletteScreen(): Screen {
  return screen(PALETTE_KIND, { input: textInput(), at: 0 });
}

/** Writes what was typed, and the actions that fit. */
function paletteLines({ input, at }: Palette, state: State, paint: TuiPaint): string[] {
  const { columns } = state.size;
  const offers = offersOf(state, input.text);
  const room = Math.max(1, bodyHeight(state) - 2);
  const first = Math.max(0, at - room + 1);
  const lines = offers.slice(first, first + room).map(({ shortcut, pane }, index) => {
    const text = truncate(
      `${pane === undefined ? '' : `${pane}: `}${shortcut.text}  (${showKeystroke(shortcut.keystrokes[0] ?? '')})`,
      columns - 2,
    );
    return first + index === at ? paint('inverse', pad(`› ${text}`, columns)) : `  ${text}`;
  });
  const nothing = paint('dim', '  Nothing is called that. Esc goes back.');
  return [truncate(`:${escape(input.text)}▏`, columns), '', ...(offers.length === 0 ? [nothing] : lines)];
}
