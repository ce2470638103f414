import { afterAll, beforeAll, describe, test } from 'vitest';
import { openGateway } from '../proxy/gateway.ts';
import { runConformance } from '../support/conformance.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startForwarder } from '../support/forwarder.ts';
import { expectComplete, REVISIONS } from './revisions.ts';

describe('the fixture server, asked through the messages lane', () => {
  let stack: AsyncDisposableStack;
  let url: string;
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const fixture = setUp.use(await startFixtureServer());
    const gateway = setUp.use(await openGateway({ servesStdio: true, limits: { drainMs: 0 } }));
    gateway.servers.set('fixture', fixture.url, { transport: 'stdio' });
    ({ url } = setUp.use(
      await startForwarder(`${gateway.url}/mcp/fixture`, { headers: { authorization: 'Bearer good' } }),
    ));
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  test.each(REVISIONS)('conforms to $revision [mcp-conformance]', async ({ revision, ...expected }) => {
    expectComplete(await runConformance(url, revision), expected);
  });
});
