import { expect, test } from 'vitest';
import { atOnce, inSlices, type Steps } from '../src/slices.ts';

/** Work of several steps, each longer than a slice. */
function* longSteps(count: number): Steps<number> {
  for (let done = 0; done < count; done++) {
    for (const until = performance.now() + 3; performance.now() < until;);
    yield;
  }
  return count;
}

test('long work lets others have their turns between its steps', async () => {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await inSlices(longSteps(6))).toBe(6);
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('work without steps is done at once, and so is what nobody can wait for', () => {
  expect(inSlices(longSteps(0))).toBe(0);
  expect(atOnce(longSteps(2))).toBe(2);
});

test('what goes wrong in a later step is thrown to whoever waits', async () => {
  function* failing(): Steps<never> {
    yield* longSteps(2);
    throw new Error('no');
  }
  await expect(inSlices(failing())).rejects.toThrow('no');
});

test('of many pieces of long work one goes on in each turn, and then the next one', async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const done: [work: number, turn: number][] = [];
  function* noting(work: number): Steps<number> {
    for (let steps = 0; steps < 3; steps++) {
      for (const until = performance.now() + 3; performance.now() < until;);
      done.push([work, turn]);
      yield;
    }
    return work;
  }
  expect(await Promise.all([1, 2, 3].map(async (work) => await inSlices(noting(work))))).toEqual([1, 2, 3]);
  isOver = true;
  // The first step of each is done at once: that may be all of it.
  const later = done.filter(([, at]) => at > 0);
  expect(new Set(later.map(([, at]) => at)).size).toBe(later.length);
  expect(later.map(([work]) => work)).toEqual([1, 2, 3, 1, 2, 3]);
});
