import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runConformance } from '../support/conformance.ts';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { expectComplete, expectSkills, REVISIONS } from './revisions.ts';

// Proves the harness and the fixture, so that a fault found through the gateway is the gateway's.
describe('the fixture server, asked directly', () => {
  let fixture: FixtureServer;
  beforeAll(async () => {
    fixture = await startFixtureServer();
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test.each(REVISIONS)('conforms to $revision', async ({ revision, ...expected }) => {
    expectComplete(await runConformance(fixture.url, revision), expected);
  });

  test('conforms to the extension skills', async () => {
    await expectSkills(fixture.url);
  });
});

test('the harness reports a server that does not conform', async () => {
  await using fixture = await startFixtureServer();
  const report = await runConformance(fixture.url.replace('/mcp', '/elsewhere'), '2026-07-28');
  expect(report.exitCode).toBe(1);
  expect(report.scenarios.get('tools-list')?.failed).toBeGreaterThan(0);
});
