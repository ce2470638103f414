import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway } from '../proxy/gateway.ts';
import { runConformance } from '../support/conformance.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startForwarder } from '../support/forwarder.ts';
import { REVISIONS } from './revisions.ts';

/**
 * The lane knows no tool’s schema, so that it can’t compare `Mcp-Param-*` headers with a call’s arguments; and it gives no event
 * ids, so that its streams are not taken up again.
 */
const NOT_OFFERED = ['http-custom-header-server-validation', 'server-sse-polling'];

describe('the fixture server, asked through the messages lane', () => {
  let stack: AsyncDisposableStack;
  let url: string;
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const fixture = setUp.use(await startFixtureServer());
    const gateway = setUp.use(await openGateway({ limits: { drainMs: 0 } }));
    gateway.servers.set('fixture', fixture.url, { transport: 'stdio' });
    const headers = { authorization: 'Bearer good' };
    ({ url } = setUp.use(await startForwarder(`${gateway.url}/mcp/fixture`, { headers })));
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  test.each(REVISIONS)('conforms to $revision [mcp-conformance]', async ({ revision, scenarios }) => {
    const report = await runConformance(url, revision);
    const scored = [...report.scenarios].filter(([scenario]) => !scenario.startsWith('tasks-'));
    expect(scored).toHaveLength(scenarios);
    const offered = scored.filter(([scenario]) => !NOT_OFFERED.includes(scenario));
    expect(offered.flatMap(([scenario, { findings }]) => findings.map((finding) => `${scenario}: ${finding}`))).toEqual(
      [],
    );
    expect(offered.filter(([, { passed }]) => passed === 0)).toEqual([]);
  });
});
