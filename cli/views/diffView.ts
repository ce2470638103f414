import { escape } from '../../src/escape.ts';

/** A tab as people see it: its width in a terminal depends on where it stands. */
const TAB = '    ';

/** Colours the lines of a comparison, and makes them safe to print. */
export function paintDiff(diff: readonly string[], paint: (style: 'green' | 'red', text: string) => string): string[] {
  return diff.map((line) => {
    const safe = escape(line.replaceAll('\t', TAB));
    if (line.startsWith('+')) return paint('green', safe);
    return line.startsWith('-') ? paint('red', safe) : safe;
  });
}
