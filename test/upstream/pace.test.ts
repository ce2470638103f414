import { expect, test } from 'vitest';
import { Pace } from '../../src/upstream/pace.ts';

/** Gives how a promise stands after everything that is due now has run. */
async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let settled = promise === undefined;
  void promise?.then(() => (settled = true));
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

const spend = (pace: Pace, times: number): void => {
  for (let n = 0; n < times; n++) pace.spend();
};

test('a burst is read at once, and gives way to others in between', async () => {
  const pace = new Pace({ burst: 1_000, perSecond: 1 }, () => 0);
  spend(pace, 10);
  expect(pace.turn()).toBeUndefined();
  spend(pace, 100);
  const turn = pace.turn();
  expect(turn).toBeDefined();
  expect(await isSettled(turn)).toBe(true);
  expect(pace.turn()).toBeUndefined();
});

test('beyond a burst a server waits, and goes on with time', async () => {
  let now = 0;
  const pace = new Pace({ burst: 100, perSecond: 0.001 }, () => now);
  spend(pace, 101);
  const waiting = pace.turn();
  expect(await isSettled(waiting)).toBe(false);
  pace.letThrough();
  expect(await isSettled(waiting)).toBe(true);
  const other = new Pace({ burst: 100, perSecond: 10 }, () => now);
  spend(other, 101);
  now += 1_000;
  expect(await isSettled(other.turn())).toBe(true);
});

test('bytes count, too, whatever they are', async () => {
  const pace = new Pace({ burst: 10, perSecond: 0.001 }, () => 0);
  let given = 0;
  const reading = (async () => {
    const chunks = (async function* () {
      await Promise.resolve();
      for (let n = 0; n < 100; n++) yield Buffer.alloc(1024 * 1024);
    })();
    for await (const _chunk of pace.read(chunks)) given++;
  })();
  expect(await isSettled(reading)).toBe(false);
  expect(given).toBe(1);
  pace.letThrough();
  await reading;
  expect(given).toBe(100);
});
