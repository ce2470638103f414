import { describe, expect, it } from 'vitest';
import { onScreen, shown, submitted } from './toolFormWorld.ts';

describe('a pasted text', () => {
  const paste = (text: string, property: object = { type: 'string' }) => {
    const tui = onScreen({ properties: { a: property } });
    tui.dispatch({ type: 'pasted', text });
    return tui;
  };

  it.each([
    ['LF', 'a\nb\n\nc', 'a\nb\n\nc'],
    ['CRLF', 'a\r\nb', 'a\nb'],
    ['CR, as terminals write them', 'a\rb\r', 'a\nb\n'],
    ['tabs and spaces around', '\tif x:\n\t  y \n', '\tif x:\n\t  y \n'],
    ['one line with its end', 'token\n', 'token'],
    ['separators of Unicode', 'a\u2028b\u0085c', 'a\u2028b\u0085c'],
  ])('keeps its lines: %s [tui-tool-form-paste]', (_what, text, value) => {
    const tui = paste(text);
    expect(submitted(tui)).toBe(JSON.stringify({ a: value }));
  });

  it('is shown as lines, between which the cursor moves [tui-tool-form-paste]', () => {
    const tui = paste('first\nsecond\nthird');
    expect(shown(tui)).toMatch(/first\n +second\n +third/);
    tui.press('up');
    tui.type('!');
    tui.press('up', 'up');
    expect(submitted(tui)).toBe('{"a":"first\\nsecon!d\\nthird"}');
  });

  it('may be JSON of many lines, and a script of a million [tui-tool-form-paste]', () => {
    expect(submitted(paste('{\r\n\t"b": 1.10\r\n}', { type: 'object' }))).toBe('{"a":{"b":1.10}}');
    const long = 'line\n'.repeat(1_000_000);
    const tui = paste(long);
    expect(shown(tui).split('\n').length).toBeLessThan(30);
    expect(submitted(tui)).toBe(JSON.stringify({ a: long }));
  });

  it('that nests too deep is told so [tui-tool-form-paste]', () => {
    const tui = paste(`${'['.repeat(100_000)}${']'.repeat(100_000)}`, {});
    expect(submitted(tui)).toBeUndefined();
    expect(shown(tui)).toContain('It nests deeper than 1,000.');
  });
});
