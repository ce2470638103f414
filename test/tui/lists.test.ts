import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { shortId } from '../../src/shortId.ts';
import { displayWidth } from '../../cli/output/width.ts';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { scrollBar } from '../../cli/tui/frame/lists/scrollBar.ts';
import { plain, type TuiPaint } from '../../cli/tui/frame/text/style.ts';
import { ONE_KEY } from '../../cli/tui/panes/keys/read.ts';
import { keyRow, TuiByHand } from './stateWorld.ts';

const many = (count: number) => Array.from({ length: count }, (_, at) => keyRow(at));
/** Shows what is inverse. */
const marked: TuiPaint = (style, text) => (style === 'inverse' ? `\u001b[7m${text}\u001b[27m` : text);

describe('a list', () => {
  it('highlights the chosen row over the whole width, up to the bar [tui-list-looks]', () => {
    for (const [count, width] of [
      [3, 80],
      [300, 78],
    ] as const) {
      const lines = bodyLines(new TuiByHand(many(count)).state, marked);
      const [row = ''] = lines.filter((line) => line.includes('\u001b[7m'));
      const inverse = row.slice(row.indexOf('\u001b[7m'), row.indexOf('\u001b[27m'));
      expect(displayWidth(stripVTControlCharacters(inverse))).toBe(width);
    }
  });

  it('tells keys of one name apart by a short id [tui-names]', () => {
    const tui = new TuiByHand([
      keyRow(1, { name: 'laptop' }),
      keyRow(2, { name: 'laptop' }),
      keyRow(3, { name: 'ci' }),
    ]);
    const names = bodyLines(tui.state, plain)
      .slice(1)
      .map((line) => line.replace('›', '').trim().split(/ {2,}/)[0]);
    const ids = [keyRow(1), keyRow(2)].map(({ id }) => shortId(id));
    expect(names.slice(0, 3)).toEqual([`laptop (${ids[0]})`, `laptop (${ids[1]})`, 'ci']);
  });

  it('has a bar when it is longer than the screen, at its ends only when the list is there [tui-list-looks]', () => {
    expect(scrollBar({ top: 0, total: 20 }, 20)).toBeUndefined();
    expect(scrollBar({ top: 0, total: 40 }, 4)).toEqual(['┃', '│', '│', '│']);
    expect(scrollBar({ top: 1, total: 40 }, 4)).toEqual(['│', '┃', '│', '│']);
    expect(scrollBar({ top: 35, total: 40 }, 4)).toEqual(['│', '│', '┃', '│']);
    expect(scrollBar({ top: 36, total: 40 }, 4)).toEqual(['│', '│', '│', '┃']);
    const tui = new TuiByHand(many(300));
    const bar = () =>
      bodyLines(tui.state, plain)
        .slice(1)
        .map((line) => line.at(-1));
    expect(bar()).toEqual(['┃', ...new Array<string>(18).fill('│')]);
    tui.press('G');
    expect(bar()).toEqual([...new Array<string>(18).fill('│'), '┃']);
  });

  it('shows beside it what is under the cursor from 140 columns on, and reads it [tui-list-looks]', () => {
    const rows = many(3);
    const tui = new TuiByHand(rows, { columns: 140, rows: 24 });
    const asked = () =>
      tui.effects.flatMap((effect) => (effect.effect === 'read' && effect.source === ONE_KEY ? [effect.query] : []));
    expect(asked()).toEqual([{ id: rows[0]!.id }]);
    tui.press('j');
    expect(asked().at(-1)).toEqual({ id: rows[1]!.id });
    expect(bodyLines(tui.state, plain).join('\n')).toMatch(/│ Name +key 1\n/);
    const event = {
      stream: 's',
      revision: 0,
      position: '1',
      id: '1',
      type: 'ApiKeyCreated',
      at: new Date(0),
      actor: 'cli:x@y',
      correlationId: 'c',
      data: {},
    };
    const result = { row: rows[1], history: [event], names: new Map() };
    tui.dispatch({ type: 'read', source: ONE_KEY, query: { id: rows[1]!.id }, result });
    const lines = bodyLines(tui.state, plain);
    expect(lines.join('\n')).toContain('Created by cli:x@y');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(140);
    tui.dispatch({ type: 'resized', columns: 139, rows: 24 });
    expect(bodyLines(tui.state, plain).join('\n')).not.toContain('│ Name');
  });
});
