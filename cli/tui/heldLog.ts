import type { LogDestination } from '../../src/logging/logDestination.ts';
import { readable } from '../../src/logging/readable.ts';
import type { TerminalStream } from '../surroundings.ts';

/** So many lines are kept, the newest: a store that is away says so again and again. */
const MAX_LINES = 50;

/** Holds warnings while the terminal shows a screen, which they would be written into; disposed of, it writes them. */
export function holdLog(stderr: TerminalStream): LogDestination & Disposable {
  const lines: string[] = [];
  let leftOut = 0;
  return {
    write(line) {
      lines.push(line);
      if (lines.length <= MAX_LINES) return;
      lines.shift();
      leftOut += 1;
    },
    [Symbol.dispose]() {
      if (leftOut > 0) stderr.write(`${leftOut} warnings before these:\n`);
      for (const line of lines) stderr.write(readable(line, { isTerminal: stderr.isTTY === true }));
    },
  };
}
