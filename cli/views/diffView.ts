import { escape } from '../../src/escape.ts';

/** Colours the lines of a comparison. */
export function paintDiff(diff: readonly string[], paint: (style: 'green' | 'red', text: string) => string): string[] {
  return diff.map((line) => {
    const safe = escape(line);
    if (line.startsWith('+')) return paint('green', safe);
    return line.startsWith('-') ? paint('red', safe) : safe;
  });
}
