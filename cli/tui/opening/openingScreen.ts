import { escape } from '../../../src/escape.ts';
import type { Surroundings } from '../../surroundings.ts';
import { createPicture, type Picture } from '../drawing/picture.ts';
import { terminalSize } from '../drawing/terminalSize.ts';
import { screenLines } from '../frame/frameLines.ts';
import { createTuiPaint } from '../frame/text/style.ts';
import { onSignals } from '../loop/signals.ts';
import { holdKeystrokes } from './heldKeystrokes.ts';
import { openingState } from './openingState.ts';

/** The alternate screen (xterm, DECSET 1049), and the cursor (DECTCEM, 25). */
const ENTER = '\u001b[?1049h\u001b[?25l';
const RESTORE = '\u001b[?25h\u001b[?1049l';

/** How often the seconds of a wait are shown. */
const TICK_MS = 1_000;

/** What the terminal shows while the stores are opened; disposed of, it leaves the terminal as it was. */
export interface OpeningScreen extends Disposable {
  /** Resolves with the exit code when the user does not want to wait. Rejects with a fault while drawing. */
  readonly left: Promise<number>;
  /** It is seen. A screen reader says nothing before the first screen that has a list. */
  readonly isDrawn: boolean;
  /** The terminal is no longer its own. */
  readonly isOver: boolean;
  /** Shows what is waited for. */
  readonly show: (what: string) => void;
  /** Leaves the terminal as it is to others. */
  readonly handOver: () => Picture;
}

/**
 * Draws the first frame: to open the stores takes longer than one likes to look at nothing. It holds what is typed until Ink listens;
 * `q` and Ctrl-C leave at once.
 */
export function openOpeningScreen({ stdin, stdout, env }: Surroundings): OpeningScreen {
  const left = Promise.withResolvers<number>();
  const paint = createTuiPaint(stdout, env);
  const picture = createPicture(stdout);
  const isDrawn = env['INK_SCREEN_READER'] !== 'true';
  const sinceMs = Date.now();
  let waitsFor = '';

  const keystrokes = holdKeystrokes(stdin, left.resolve);
  const signals = onSignals(left.resolve);
  const gone = (): void => left.resolve(129);
  stdin.once('end', gone).once('error', gone);

  function draw(): void {
    if (!isDrawn) return;
    try {
      const size = terminalSize(stdout);
      picture.draw(screenLines(openingState({ size, nowMs: Date.now(), sinceMs, waitsFor: escape(waitsFor) }), paint));
    } catch (fault) {
      left.reject(fault);
    }
  }
  function redraw(): void {
    picture.forget();
    draw();
  }

  if (isDrawn) stdout.write(ENTER);
  draw();
  const clock = setInterval(draw, TICK_MS);
  stdout.on('resize', redraw);
  // A fault ends the process in the terminal as it was.
  const onExit = (): void => {
    if (isDrawn) stdout.write(RESTORE);
  };
  // Before warnings are written that were held.
  process.prependOnceListener('exit', onExit);

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
    isDrawn,
    get isOver() {
      return isOver;
    },
    show(what) {
      waitsFor = what;
      if (!isOver) draw();
    },
    handOver() {
      end();
      return picture;
    },
    [Symbol.dispose]() {
      keystrokes[Symbol.dispose]();
      if (isOver) return;
      end();
      if (isDrawn) stdout.write(RESTORE);
    },
  };
}
