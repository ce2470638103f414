import { escape } from '../../../src/escape.ts';
import type { Surroundings } from '../../surroundings.ts';
import { screenLines } from '../frame/frameLines.ts';
import { createTuiPaint } from '../frame/text/style.ts';
import { onSignals } from '../loop/signals.ts';
import { terminalSize } from '../terminalSize.ts';
import { holdKeystrokes } from './heldKeystrokes.ts';
import { openingState } from './openingState.ts';

/** The alternate screen (xterm, DECSET 1049), and the cursor (DECTCEM, 25). */
const ENTER = '\u001b[?1049h\u001b[?25l';
const RESTORE = '\u001b[?25h\u001b[?1049l';
/** What is written in between appears at once (DECSET 2026). */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
const HOME = '\u001b[H';

/** How often the seconds of a wait are shown. */
const TICK_MS = 1_000;

/** What the terminal shows while the stores are opened; disposed of, it leaves the terminal as it was. */
export interface OpeningScreen extends Disposable {
  /** Resolves with the exit code when the user does not want to wait. */
  readonly left: Promise<number>;
  /** The terminal is no longer its own. */
  readonly isOver: boolean;
  /** Shows what is waited for. */
  readonly show: (what: string) => void;
  /** Leaves the terminal to `next`, which draws its first frame in it. */
  readonly handOver: <T>(next: () => T) => T;
}

/**
 * Draws the first frame: to load Ink takes longer than one likes to look at nothing. It holds what is typed until Ink listens; `q` and
 * Ctrl-C leave at once.
 */
export function openOpeningScreen({ stdin, stdout, env }: Surroundings): OpeningScreen {
  const left = Promise.withResolvers<number>();
  const paint = createTuiPaint(stdout, env);
  // A screen reader would read each line of a picture; it hears the first one that has a list.
  const isDrawn = env['INK_SCREEN_READER'] !== 'true';
  const sinceMs = Date.now();
  let waitsFor = '';
  let shown: readonly string[] = [];

  const keystrokes = holdKeystrokes(stdin, left.resolve);
  const signals = onSignals(left.resolve);
  const gone = (): void => left.resolve(129);
  stdin.once('end', gone).once('error', gone);

  function draw(): void {
    if (!isDrawn) return;
    const state = openingState({ size: terminalSize(stdout), nowMs: Date.now(), sinceMs, waitsFor: escape(waitsFor) });
    const lines = screenLines(state, paint);
    const changed = lines.map((line, at) => (line === shown[at] ? '' : place(at) + line));
    shown = lines;
    stdout.write(BEGIN + changed.join('') + END);
  }
  function redraw(): void {
    shown = [];
    draw();
  }

  // What was typed before this process ran stands in the line, and a screen that is left comes back with it.
  if (isDrawn) stdout.write(ENTER);
  draw();
  const clock = setInterval(draw, TICK_MS);
  stdout.on('resize', redraw);
  // A fault ends the process in the terminal as it was.
  const onExit = (): void => void (isDrawn && stdout.write(RESTORE));
  process.once('exit', onExit);

  let isOver = false;
  function end(): void {
    isOver = true;
    clearInterval(clock);
    stdout.off('resize', redraw);
    process.off('exit', onExit);
    stdin.off('end', gone).off('error', gone);
    signals[Symbol.dispose]();
  }

  return {
    left: left.promise,
    get isOver() {
      return isOver;
    },
    show(what) {
      waitsFor = what;
      if (!isOver) draw();
    },
    handOver(next) {
      // The next frame begins with the same line and ends with the same one; of what lies between, nothing may show behind its lines.
      const between = shown.slice(1, -1).map((line, at) => (line === '' ? '' : place(at + 1)));
      if (isDrawn) stdout.write(BEGIN + between.join('') + HOME);
      end();
      return next();
    },
    [Symbol.dispose]() {
      keystrokes[Symbol.dispose]();
      if (isOver) return;
      end();
      if (isDrawn) stdout.write(RESTORE);
    },
  };
}

/** Goes to a line, and erases it: erased after it, its last character would be lost where it fills the line. */
function place(at: number): string {
  return `\u001b[${at + 1};1H\u001b[K`;
}
