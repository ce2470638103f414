import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Era } from '../../src/mcp/eras.ts';
import { runConformance, runScenario, type Score } from '../support/conformance.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { putBehindGateway, type BehindGateway } from './behindGateway.ts';
import { DIFFERENCES } from './differences.ts';
import { REVISIONS } from './revisions.ts';

const [LEGACY, MODERN] = REVISIONS;
/** The suite's revision, by the era of the only one that the server speaks. */
const ASKED = { legacy: MODERN.revision, modern: LEGACY.revision };

/** Of a scenario: a slow machine, which loses the suite's races, must not fail a test. */
const TRIES = 4;

/** The passed checks of each scenario, as `scenario: check`; several may have one name. */
type Passed = readonly string[];

/** What a complete server of the client's own revision passes. */
const complete = new Map<Era, Passed>();
beforeAll(async () => {
  await using fixture = await startFixtureServer();
  for (const era of ['legacy', 'modern'] as const) {
    complete.set(era, passed((await runConformance(fixture.url, ASKED[era])).scenarios));
  }
});

describe.each([
  { transport: 'http', era: 'legacy' },
  { transport: 'sse', era: 'legacy' },
  { transport: 'stdio', era: 'legacy' },
  { transport: 'http', era: 'modern' },
  { transport: 'stdio', era: 'modern' },
] as const)('a server of the $era era alone, over $transport', ({ transport, era }) => {
  let cell: BehindGateway;
  beforeAll(async () => {
    cell = await putBehindGateway(transport, era, 'key');
  });
  afterAll(() => cell[Symbol.asyncDispose]());

  test.each(['single', 'aggregated'] as const)(
    `conforms to ${ASKED[era]}, but for what a paragraph makes impossible (%s) [bridge-conformance]`,
    async (place) => {
      const { scenarios } = await runConformance(cell[place], ASKED[era]);
      const impossible = DIFFERENCES[era].flatMap(({ checks }) => namesOf(Object.entries(checks)));
      const whole = complete.get(era) ?? [];
      // Some checks of the suite wait for half a second only: what fails in each try has failed.
      for (let tries = 1; tries < TRIES; tries++) {
        const lost = without(without(whole, passed(scenarios)), impossible);
        for (const scenario of new Set(lost.map((name) => name.split(': ')[0] ?? ''))) {
          const again = (await runScenario(cell[place], scenario, ASKED[era])).scenarios.get(scenario);
          if (again !== undefined) scenarios.set(scenario, again);
        }
      }
      expect(without(whole, passed(scenarios)).sort(), whyOf(scenarios)).toEqual(impossible.sort());
    },
  );
});

function passed(scenarios: ReadonlyMap<string, Score>): Passed {
  return namesOf([...scenarios].map(([scenario, { passedChecks }]) => [scenario, passedChecks]));
}

function namesOf(scenarios: readonly (readonly [string, readonly string[]])[]): string[] {
  return scenarios.flatMap(([scenario, checks]) => checks.map((check) => `${scenario}: ${check}`));
}

/** The names of the first list that the second one does not have, or not so often. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return names.filter((name) => {
    const index = left.indexOf(name);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function whyOf(scenarios: ReadonlyMap<string, Score>): string {
  return [...scenarios].flatMap(([scenario, { findings }]) => findings.map((why) => `${scenario}: ${why}`)).join('\n');
}
