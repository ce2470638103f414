import { truncate } from '../../output/width.ts';
import { escape } from '../../escape.ts';
import { showKey } from '../keys.ts';
import { offersOf } from '../state/palette.ts';
import type { ScreenOf } from '../state/screen.ts';
import { bodyHeight, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';

/** Writes the palette: what was typed, and the actions that fit. */
export function paletteLines({ input, at }: ScreenOf<'palette'>, state: State, paint: TuiPaint): string[] {
  const { columns } = state.size;
  const offers = offersOf(state, input.text);
  const room = Math.max(1, bodyHeight(state) - 2);
  const first = Math.max(0, at - room + 1);
  const lines = offers.slice(first, first + room).map(({ binding, pane }, index) => {
    const text = truncate(
      `${pane === undefined ? '' : `${pane}: `}${binding.says}  (${showKey(binding.keys[0] ?? '')})`,
      columns - 2,
    );
    return first + index === at ? paint('inverse', `› ${text}`) : `  ${text}`;
  });
  const none = paint('dim', '  Nothing is called that. Esc goes back.');
  return [truncate(`:${escape(input.text)}▏`, columns), '', ...(offers.length === 0 ? [none] : lines)];
}
