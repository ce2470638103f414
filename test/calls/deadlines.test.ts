import { describe, expect, test } from 'vitest';
import { createDeadlines } from '../../src/calls/deadlines.ts';

/** Time that passes when the test says so, with at most one timer in it. */
function createTime() {
  let nowMs = 1_000;
  let timer: { readonly atMs: number; readonly callback: () => void } | undefined;
  const due: string[] = [];
  const sleeps: number[] = [];
  const deadlines = createDeadlines({
    clock: () => nowMs,
    onDue: (id) => due.push(id),
    startTimer(delayMs, callback) {
      expect(timer).toBeUndefined();
      sleeps.push(delayMs);
      timer = { atMs: nowMs + delayMs, callback };
      return () => (timer = undefined);
    },
  });
  return {
    deadlines,
    due,
    sleeps,
    passTo(ms: number) {
      while (timer !== undefined && timer.atMs <= ms) {
        const { atMs, callback } = timer;
        timer = undefined;
        nowMs = atMs;
        callback();
      }
      nowMs = ms;
    },
    hasTimer: () => timer !== undefined,
  };
}

describe('deadlines', () => {
  test('come in order, each once, on one timer', () => {
    const { deadlines, due, passTo, hasTimer } = createTime();
    deadlines.set('c', 4_000);
    deadlines.set('a', 2_000);
    deadlines.set('b', 3_000);
    passTo(1_999);
    expect(due).toEqual([]);
    passTo(2_000);
    expect(due).toEqual(['a']);
    passTo(9_000);
    expect(due).toEqual(['a', 'b', 'c']);
    expect(hasTimer()).toBe(false);
  });

  test('that lie behind come at once', () => {
    const { deadlines, due, passTo } = createTime();
    deadlines.set('late', 1);
    passTo(1_000);
    expect(due).toEqual(['late']);
  });

  test('can be moved and taken away', () => {
    const { deadlines, due, passTo } = createTime();
    deadlines.set('moved', 2_000);
    deadlines.set('gone', 2_000);
    deadlines.set('moved', 5_000);
    deadlines.set('gone', undefined);
    passTo(4_999);
    expect(due).toEqual([]);
    passTo(5_000);
    expect(due).toEqual(['moved']);
  });

  test('a year ahead come in a year, not at once: no sleep is longer than a minute', () => {
    const { deadlines, due, passTo, sleeps } = createTime();
    const day = 86_400_000;
    deadlines.set('far', 30 * day);
    passTo(30 * day - 1);
    expect(due).toEqual([]);
    passTo(30 * day);
    expect(due).toEqual(['far']);
    expect(Math.max(...sleeps)).toBe(60_000);
  });

  test('may set the next from the callback', () => {
    let nowMs = 0;
    const due: number[] = [];
    let wake: () => void = () => undefined;
    const deadlines = createDeadlines({
      clock: () => nowMs,
      onDue: (id) => {
        due.push(nowMs);
        if (nowMs < 30) deadlines.set(id, nowMs + 10);
      },
      startTimer: (delayMs, callback) => {
        wake = () => {
          nowMs += delayMs;
          callback();
        };
        return () => undefined;
      },
    });
    deadlines.set('again', 10);
    for (let i = 0; i < 3; i += 1) wake();
    expect(due).toEqual([10, 20, 30]);
  });

  test('that are disposed leave no timer behind', () => {
    const { deadlines, due, passTo, hasTimer } = createTime();
    deadlines.set('a', 2_000);
    deadlines[Symbol.dispose]();
    expect(hasTimer()).toBe(false);
    passTo(3_000);
    expect(due).toEqual([]);
  });
});
