import { afterAll, beforeAll, describe, test } from 'vitest';
import { ENDPOINTS, REVISIONS, SERVERS } from './dimensions.ts';
import { FEATURES, type FeatureName, type Trial } from './features.ts';
import { impossible } from './impossible.ts';
import { openSquare, type Square } from './world.ts';

const SIDES = REVISIONS.flatMap((revision) =>
  SERVERS.flatMap((server) =>
    ENDPOINTS.map((endpoint) => ({
      revision,
      server,
      endpoint,
    })),
  ),
);
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

    test.each(NAMES.filter((name) => impossible(name, side) === undefined))('has %s [bridge-square]', async (name) => {
      await FEATURES[name](trial);
    });
  });
});
