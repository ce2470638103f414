import { afterAll, beforeAll, describe, test } from 'vitest';
import { SIDES } from './dimensions.ts';
import { FEATURES, type FeatureName } from './features.ts';
import { impossible } from './impossible.ts';
import type { Trial } from './trial.ts';
import { openSquare, type Square } from './world.ts';

const NAMES = Object.keys(FEATURES) as FeatureName[];

describe('the square', () => {
  let square: Square;
  beforeAll(async () => {
    square = await openSquare();
  });
  afterAll(() => square[Symbol.asyncDispose]());

  describe.each(SIDES)('a client of $revision, a server $server, at $endpoint', (side) => {
    let trial: Trial & AsyncDisposable;
    beforeAll(async () => {
      trial = await square.connect(side);
    });
    // It may not have come to be.
    afterAll(async () => await (trial as typeof trial | undefined)?.[Symbol.asyncDispose]());

    for (const name of NAMES) {
      const reason = impossible(name, side);
      if (reason === undefined) test(`has ${name} [bridge-square]`, () => FEATURES[name](trial));
      else test(`can’t have ${name}, and is told so [bridge-square]`, () => reason.check(trial));
    }
  });
});
