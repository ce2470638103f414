/** So many milliseconds lie between two frames at least: no screen shows more, and what comes in bursts is drawn once. */
const FRAME_MS = 16;

/** Draws whenever something has changed, until it is disposed of. */
export interface Drawing extends Disposable {
  /** Something has changed. */
  readonly request: () => void;
  /** Gives the terminal to somebody else meanwhile. @returns once they are done */
  readonly pauseWhile: (work: Promise<void>) => Promise<void>;
}

/** @param draw draws everything as it is now @param onFault gets what it throws: nothing is drawn any more */
export function createDrawing(draw: () => void, onFault: (fault: unknown) => void): Drawing {
  let timer: NodeJS.Timeout | undefined;
  let drawnMs = -Infinity;
  let isPaused = false;
  function drawNow(): void {
    timer = undefined;
    if (isPaused) return;
    drawnMs = performance.now();
    try {
      draw();
    } catch (fault) {
      isPaused = true;
      onFault(fault);
    }
  }
  function request(): void {
    timer ??= setTimeout(drawNow, Math.max(0, drawnMs + FRAME_MS - performance.now()));
  }
  return {
    request,
    async pauseWhile(work) {
      isPaused = true;
      try {
        await work;
      } finally {
        isPaused = false;
        request();
      }
    },
    [Symbol.dispose]() {
      isPaused = true;
      clearTimeout(timer);
    },
  };
}
