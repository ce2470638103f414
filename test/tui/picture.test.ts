import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createPicture } from '../../cli/tui/drawing/picture.ts';
import { HOSTILE } from '../cli/hostileText.ts';
import { openEmulatedPicture } from './emulatedPicture.ts';
import { openEmulator } from './emulator.ts';
import { keyRow, TuiByHand } from './stateWorld.ts';

/** ECMA-48, 8.3.39 and xterm: the whole screen, or what was scrolled off it. */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const CLEARS = /\u001b\[[0-3]?J|\u001bc/;

/** Through every pane, its list, its forms, and what lies over it. */
const WALK = [
  ...'jjkGkgjj',
  ...['ctrl-d', 'ctrl-u', ' ', 'j', ' ', 'x', 'esc', 'U', 's', 's', '/', 'k', '9', '9', 'enter', 'esc'],
  ...['enter', 'j', 'esc', 'c', 'a', 'b', 'tab', 'tab', '*', 'ctrl-u', 'esc', ':', 'r', 'o', 'esc', '?', 'j', 'G', 'q'],
  ...[
    'T',
    'esc',
    '2',
    'c',
    'tab',
    'esc',
    '3',
    '4',
    '5',
    'tab',
    'shift-tab',
    '6',
    'c',
    'esc',
    '1',
    'd',
    'esc',
    'e',
    'esc',
  ],
];

describe.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('at %i × %i', (columns, rows) => {
  it('the terminal shows after each key what the state says, over 10,000 keys [tui-budgets]', async () => {
    const keys = Array.from({ length: 10_000 }, (_, at) =>
      keyRow(at, at % 7 === 3 ? { name: `${HOSTILE} 漢字 ${at}`, description: 'ключ', status: 'inactive' } : {}),
    );
    const tui = new TuiByHand(keys, { columns, rows });
    const { emulator, show, meant } = openEmulatedPicture({ columns, rows });
    const seen: string[] = [];
    await show(tui.state);
    for (const keystroke of WALK) {
      tui.press(keystroke);
      const written = await show(tui.state);
      seen.push(keystroke);
      expect({ seen, lines: emulator.lines() }).toEqual({ seen, lines: meant(tui.state) });
      expect(emulator.wrapped()).toEqual([]);
      expect(written).not.toMatch(CLEARS);
      expect(await show(tui.state)).toBe('');
    }
  });
});

describe('a line', () => {
  const COLUMNS = 30;
  const piece = fc.tuple(
    fc.constantFrom('', '\u001b[1m', '\u001b[7m', '\u001b[31m', '\u001b[2m'),
    fc.oneof(fc.stringMatching(/^[a-c ]{0,6}$/), fc.constantFrom('│', '…', '漢', 'e\u0301', 'é', '✓')),
  );
  const line = fc
    .array(piece, { maxLength: 4 })
    .map((pieces) => pieces.map(([style, text]) => `${style}${text}${style === '' ? '' : '\u001b[0m'}`).join(''));
  const cellsOf = async (lines: readonly (readonly string[])[]) => {
    const emulator = openEmulator(COLUMNS, 1);
    let written = '';
    const stdout = { isTTY: true, columns: COLUMNS, write: (text: string) => ((written += text), true) };
    const picture = createPicture(stdout as unknown as Parameters<typeof createPicture>[0]);
    for (const each of lines) picture.draw(each);
    await emulator.write(written);
    return emulator.cells(0);
  };

  test.prop([line, line])('looks after a change as if it had been drawn alone [tui-budgets]', async (before, after) => {
    expect(await cellsOf([[before], [after]])).toEqual(await cellsOf([[after]]));
  });
});
