import type { TerminalStream } from '../surroundings.ts';
import { escape } from '../../src/escape.ts';
import { openProgressLine } from './progressLine.ts';
import { truncate } from './width.ts';

/** Where no line can be rewritten, one is written when a wait has taken so long, in milliseconds. */
const NOTICE_MS = 5_000;
const EVERY_MS = 1_000;

/** What a person sees of a wait for a server, until it is disposed of. */
export interface Waiting extends Disposable {
  /** Shows the last line that the server has printed. */
  readonly onLine: (line: string) => void;
}

/** Shows on stderr that a command waits: on a terminal for how long and what the server prints, elsewhere one line. */
export function openWaiting(stderr: TerminalStream, what: string): Waiting {
  const line = openProgressLine(stderr);
  const began = performance.now();
  let printed = '';
  const show = (): void => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    line.show(truncate(`${what} ... ${seconds} s${printed === '' ? '' : `: ${escape(printed)}`}`, widthOf(stderr)));
  };
  const timer =
    stderr.isTTY === true
      ? setInterval(show, EVERY_MS)
      : setTimeout(() => void stderr.write(`${what} ...\n`), NOTICE_MS);
  return {
    onLine(text) {
      printed = text;
      show();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      line.clear();
    },
  };
}

function widthOf({ columns = 80 }: TerminalStream): number {
  return Math.max(10, columns - 1);
}
