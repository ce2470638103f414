import { afterAll, beforeAll, describe, test } from 'vitest';
import { runConformance } from '../support/conformance.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startForwarder } from '../support/forwarder.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { expectComplete, expectSkills, REVISIONS } from './revisions.ts';

describe('the aggregate of the fixture server alone, whose names have no prefix', () => {
  let stack: AsyncDisposableStack;
  let url: string;
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const fixture = setUp.use(await startFixtureServer());
    const gateway = setUp.use(await startTestGateway({ env: { SERVER_UNPREFIXED: 'fixture' } }));
    await gateway.addServer('fixture', fixture.url);
    const { apiKey } = await gateway.createKey();
    const headers = { authorization: `Bearer ${await gateway.token(apiKey)}` };
    ({ url } = setUp.use(await startForwarder(`${gateway.url}/mcp`, { headers })));
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  test.each(REVISIONS)('conforms to $revision [mcp-conformance]', async ({ revision, ...expected }) => {
    expectComplete(await runConformance(url, revision), expected);
  });

  test('conforms to the extension skills [mcp-conformance]', async () => {
    await expectSkills(url);
  });
});
