import { afterAll, beforeAll, describe, test } from 'vitest';
import { runConformance } from '../support/conformance.ts';
import { putBehindGateway, type BehindGateway } from './behindGateway.ts';
import { expectComplete, expectSkills, REVISIONS } from './revisions.ts';

let behind: BehindGateway;
beforeAll(async () => {
  behind = await putBehindGateway('http');
});
afterAll(() => behind[Symbol.asyncDispose]());

describe.each([
  { name: 'the fixture server, asked through the gateway', place: 'single' },
  { name: 'the aggregate of the fixture server alone, whose names have no prefix', place: 'aggregated' },
] as const)('$name', ({ place }) => {
  test.each(REVISIONS)('conforms to $revision [mcp-conformance]', async ({ revision, ...expected }) => {
    expectComplete(await runConformance(behind[place], revision), expected);
  });

  test('conforms to the extension skills [mcp-conformance]', async () => {
    await expectSkills(behind[place]);
  });
});
