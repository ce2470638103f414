import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { escape, escapeLines } from '../src/escape.ts';
import { jsonText } from '../cli/output/jsonText.ts';
import { DANGEROUS, HOSTILE } from './cli/hostileText.ts';

describe('text of unknown origin', () => {
  it('is printed as it is when it is harmless', () => {
    for (const text of ['ci', 'Jürgen’s key', 'ключ', '鍵', 'กำ', 'a\\b']) expect(escape(text)).toBe(text);
  });
  it('shows escape sequences, bidirectional marks and line ends instead of obeying them', () => {
    expect(escape(HOSTILE)).toBe('ok\\u{1b}[2J\\u{1b}[31m\\u{202e}\\u{2066}\\u{200b}\\u{d}\\u{a}\\u{9b}5mx');
  });
  it('can’t pile marks over the lines around it', () => {
    expect(escape(`e${'\u0301'.repeat(30)}`)).toBe(`e${'\u0301'.repeat(4)}${'\\u{301}'.repeat(26)}`);
  });
  it('keeps the line ends of a text of our own', () => {
    expect(escapeLines('a\nb\u001b')).toBe('a\nb\\u{1b}');
  });
});

property.prop([fc.string({ unit: 'binary' })])(
  'no text is dangerous after it was escaped [cli-hostile-text]',
  (text) => {
    expect(escape(text)).not.toMatch(DANGEROUS);
  },
);

property.prop([fc.string({ unit: 'binary' })])('JSON is safe to print and still the same document', (text) => {
  const printed = jsonText({ [text]: text });
  expect(printed).not.toMatch(DANGEROUS);
  expect(JSON.parse(printed)).toEqual({ [text]: text });
});
