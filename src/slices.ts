import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that may be left after each of its steps, so that others get their turns of the event loop. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** How long work goes on without giving way, in milliseconds: a few such pieces of work at once delay nobody noticeably. */
const SLICE_MS = 2;

/** Of JSON that is read or written in one step, in characters: a fraction of a millisecond. What is smaller takes no step. */
export const STEP_CHARACTERS = 32 * 1024;

/**
 * Does work in slices, between which the event loop turns. What fits into one slice is done at once, and its value is given as it
 * is: small work costs no turn.
 */
export function inSlices<T>(steps: Steps<T>): T | Promise<T> {
  const until = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() >= until) return goOn(steps);
  }
}

/** Does work without giving way: for what is known to be small, and where nobody can wait. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

async function goOn<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const until = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < until);
  }
}
