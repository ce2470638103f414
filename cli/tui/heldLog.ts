import type { LogDestination } from '../../src/logging/logDestination.ts';
import { readable } from '../../src/logging/readable.ts';
import type { TerminalStream } from '../surroundings.ts';

/** So many lines are kept, the newest: a store that is away says so again and again. */
const MAX_LINES = 50;

/**
 * Holds warnings while the terminal shows a screen, which they would be written into; disposed of, it writes them, and at the end of the
 * process at the latest.
 */
export function holdLog(stderr: TerminalStream): LogDestination & Disposable {
  const lines: string[] = [];
  let leftOut = 0;
  function tell(): void {
    process.off('exit', tell);
    if (leftOut > 0) stderr.write(`${leftOut} warnings before these:\n`);
    leftOut = 0;
    for (const line of lines.splice(0)) stderr.write(readable(line, { isTerminal: stderr.isTTY === true }));
  }
  process.on('exit', tell);
  return {
    write(line) {
      lines.push(line);
      if (lines.length <= MAX_LINES) return;
      lines.shift();
      leftOut += 1;
    },
    [Symbol.dispose]: tell,
  };
}
