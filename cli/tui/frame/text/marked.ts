import type { TuiPaint, TuiStyle } from './style.ts';

/** A mark or a word in a colour, as in: error. */
export type Mark = readonly [text: string, style: TuiStyle];

export const MARKS = {
  good: ['✓', 'green'],
  bad: ['✗', 'red'],
  error: ['error:', 'red'],
  warning: ['warning:', 'yellow'],
} as const satisfies Readonly<Record<string, Mark>>;

/** Colours the mark that a line contains, and nothing else: the sentence can be read in every palette. A line that was cut before has none. */
export function marked(line: string, [text, style]: Mark, paint: TuiPaint): string {
  const at = line.indexOf(text);
  return at === -1 ? line : line.slice(0, at) + paint(style, text) + line.slice(at + text.length);
}

/** Colours the first mark of lines that belong together. */
export function markedLines(lines: readonly string[], mark: Mark, paint: TuiPaint): string[] {
  const first = lines.findIndex((line) => line.includes(mark[0]));
  return lines.map((line, at) => (at === first ? marked(line, mark, paint) : line));
}
