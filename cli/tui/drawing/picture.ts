import type { TerminalStream } from '../../surroundings.ts';
import { lineChange } from './lineChange.ts';

/**
 * What is written in between appears at once (DECSET 2026), and no character goes on in the next line (DECAWM, 7): one that the
 * terminal shows wider than we count it would move all that follows.
 */
const BEGIN = '\u001b[?2026h\u001b[?7l';
const END = '\u001b[?7h\u001b[?2026l';

/** What stands on the terminal, line by line from the first one. */
export interface Picture {
  /** Replaces the lines that have changed, all at once. Each is escaped, painted, and cut to the width of the terminal. */
  readonly draw: (lines: readonly string[]) => void;
  /** What stands there is no longer known, so that the next drawing is whole. */
  readonly forget: () => void;
}

/** Draws on a terminal: what has changed, and nothing else. Over a slow line that is what one waits for. */
export function createPicture(stdout: TerminalStream): Picture {
  let shown: readonly string[] = [];
  return {
    draw(lines) {
      const changes = lines.map((line, row) => {
        const before = shown[row];
        return line === before ? '' : place(row, line, before);
      });
      shown = lines;
      const text = changes.join('');
      if (text !== '') stdout.write(BEGIN + text + END);
    },
    forget: () => {
      shown = [];
    },
  };
}

/** Goes to where a line changes, and erases what stands there: erased after it, its last character would be lost where it fills the line. */
function place(row: number, line: string, before: string | undefined): string {
  const { column, style, text } =
    before === undefined ? { column: 0, style: '', text: line } : lineChange(before, line);
  return `\u001b[${row + 1};${column + 1}H\u001b[K${style}${text}`;
}
