import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that may be left after each of its steps, so that others get their turns of the event loop. */
export type Steps<T> = Generator<undefined, T, undefined>;

/**
 * How much of a turn of the event loop goes to work in slices, all of it together, in milliseconds: a call takes some five turns, so
 * that it is held up by little more than it takes itself, however many such pieces of work there are.
 */
const SLICE_MS = 1;

/** Of JSON that is read or written in one step, in characters: a fraction of a millisecond. What is smaller takes no step. */
export const STEP_CHARACTERS = 32 * 1024;

/** Work that goes on in later turns. */
interface Waiting {
  /** Does some of it. @returns whether it is over */
  goOn(until: number): boolean;
}

/** In the order in which they get the next slices. There is one event loop in a process, and so one queue. */
const waiting: Waiting[] = [];

/**
 * Does work in slices, between which the event loop turns. What fits into one slice is done at once, and its value is given as it
 * is: small work costs no turn. Of what takes longer, one piece of work goes on in each turn, and then the next one.
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

function goOn<T>(steps: Steps<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const work: Waiting = {
    goOn(until) {
      try {
        do {
          const step = steps.next();
          if (step.done !== true) continue;
          resolve(step.value);
          return true;
        } while (performance.now() < until);
      } catch (error) {
        reject(error);
        return true;
      }
      return false;
    },
  };
  if (waiting.push(work) === 1) void turns();
  return promise;
}

async function turns(): Promise<void> {
  while (waiting.length > 0) {
    await nextTurn();
    const until = performance.now() + SLICE_MS;
    do {
      const [work] = waiting;
      if (work === undefined) return;
      const isOver = work.goOn(until);
      waiting.shift();
      if (!isOver) waiting.push(work);
    } while (performance.now() < until);
  }
}
