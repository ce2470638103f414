import type { TerminalStream } from '../surroundings.ts';

/** How often the line is rewritten: people can't read faster. */
const EVERY_MS = 100;

/** A line on a terminal that shows the progress of long work, until it is disposed of. */
export interface ProgressLine extends Disposable {
  /** Replaces the line's text: ASCII or narrow characters, shorter than the terminal is wide. */
  show(text: string): void;
  clear(): void;
}

/**
 * Opens a progress line on stderr; where that is no terminal, nothing is written.
 * @param onText shows the text instead (Default: the line is written)
 */
export function openProgressLine(stderr: TerminalStream, onText?: (text: string) => void): ProgressLine {
  let shownAt = -Infinity;
  let isShown = false;
  // Back to the first column, and erase to the end of the line (ECMA-48, EL).
  const erase = '\r\u001b[K';
  function clear(): void {
    if (isShown) stderr.write(erase);
    isShown = false;
  }
  return {
    show(text) {
      const now = performance.now();
      if ((stderr.isTTY !== true && onText === undefined) || now - shownAt < EVERY_MS) return;
      shownAt = now;
      if (onText !== undefined) {
        onText(text);
        return;
      }
      isShown = true;
      stderr.write(erase + text);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}
