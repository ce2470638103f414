import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { escape } from '../../../src/escape.ts';
import { layOutTable, type Column } from '../../../cli/output/table.ts';
import { displayWidth, pad, truncate } from '../../../cli/output/width.ts';

const plain = (_style: string, text: string) => text;
const COLUMNS: readonly Column[] = [
  { title: 'ID', min: 4, ellipsis: '' },
  { title: 'NAME', min: 6 },
  { title: 'NOTE', min: 5, drop: 1 },
];

function render(width: number, ...rows: string[][]): string[] {
  const cells = rows.map((row) => row.map((text) => ({ text })));
  const table = layOutTable(COLUMNS, cells, { width, paint: plain });
  return [table.header, ...cells.map((row) => table.row(row))];
}

describe('a table', () => {
  it('aligns its columns and ends no line with spaces', () => {
    expect(render(80, ['1', 'one', ''], ['22', 'twenty-two', 'even'])).toEqual([
      'ID  NAME        NOTE',
      '1   one',
      '22  twenty-two  even',
    ]);
  });
  it('narrows its widest columns first', () => {
    expect(render(24, ['1234', 'a long name here', 'a note'])).toEqual([
      'ID    NAME        NOTE',
      '1234  a long na…  a note',
    ]);
  });
  it('leaves out what can be spared when it can’t fit otherwise', () => {
    expect(render(14, ['12345678', 'a long name', 'a note'])).toEqual(['ID      NAME', '123456  a lon…']);
  });
  it('cuts nothing when nobody gives it a width', () => {
    expect(render(Infinity, ['1', 'n'.repeat(300), 'note'])[1]).toBe(`1   ${'n'.repeat(300)}  note`);
  });
  it('cuts cells of later rows to the layout of the first', () => {
    const table = layOutTable(COLUMNS, [[{ text: '1' }, { text: 'abcdef' }, { text: 'x' }]], {
      width: 20,
      paint: plain,
    });
    expect(table.row([{ text: '1' }, { text: 'abcdefghij' }, { text: 'x' }])).toBe('1   abcde…  x');
  });
  it('counts wide characters as two columns and marks as none', () => {
    expect(displayWidth('鍵')).toBe(2);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('🔑')).toBe(2);
    expect(truncate('鍵鍵鍵', 5)).toBe('鍵鍵…');
    expect(pad('鍵', 4)).toBe('鍵  ');
  });
});

property.prop([
  fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), fc.string()), { minLength: 1 }),
  fc.integer({ min: 12, max: 120 }),
])('no line is wider than the terminal', (rows, width) => {
  for (const line of render(width, ...rows.map((row) => row.map(escape)))) {
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
});
