import type { HeldRole } from '../../src/events/heldRole.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { usageOf } from '../../src/usage/usageQueries.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const DAY_MS = 86_400_000;

export interface LooksWorld extends TuiWorld {
  /** Calls a tool that there is not, and one that answers. */
  readonly callTools: () => Promise<void>;
  /** Lets a key of the company in again, and out. */
  readonly changeKey: () => Promise<void>;
}

/** A small company, some of whose names are long, with a gateway that has served calls. */
export async function openLooksWorld(): Promise<LooksWorld> {
  await using opened = new AsyncDisposableStack();
  const world = opened.use(await openTuiWorld({ SERVER_PORT: String(await freePort()) }));
  const { stores } = world;
  const upstream = opened.use(await startFixtureServer());
  const gateway = opened.use(await startGatewayProcess({ home: world.home, env: world.env }));
  const settings = (url: string) => ({
    transport: 'http' as const,
    url,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  });
  const secrets = { headers: {}, env: {} };
  await stores.servers.register('fixture', { settings: settings(upstream.url), secrets }, ELSEWHERE);
  const far = 'https://a-very-long-name-of-a-host.engineering.internal.example.org:8443/mcp/servers/github/mcp';
  await stores.servers.register('github', { settings: settings(far), secrets }, ELSEWHERE);
  await stores.servers.register(
    'wiki-of-the-whole-company',
    { settings: settings('http://127.0.0.1:9/mcp'), secrets },
    ELSEWHERE,
  );
  await stores.servers.disable('github', 'moved to another host', ELSEWHERE);
  const about =
    'Everybody who builds and ships what the customers of the company use, from the first sketch to the last patch';
  const grants = ['fixture', 'github:search_*', 'wiki-of-the-whole-company:read_page'];
  await stores.roles.create('engineering', { description: about, scopes: ['mcp', 'servers:read'], grants }, ELSEWHERE);
  await stores.roles.create('support', { scopes: ['mcp'], grants: ['fixture'] }, ELSEWHERE);
  const engineering = await stores.roles.find(['engineering']);
  const create = (name: string, more: { owner?: string; days?: number; roles?: readonly HeldRole[] } = {}) =>
    stores.keys.create(
      {
        name,
        ...(more.owner !== undefined && { owner: more.owner }),
        tags: ['team=engineering', 'site=the-very-long-name-of-a-site'],
        scopes: more.roles === undefined ? ['mcp', 'servers:read'] : [],
        grants: more.roles === undefined ? ['*'] : [],
        roles: more.roles ?? [],
        expiresAt: more.days === undefined ? undefined : new Date(Date.now() + more.days * DAY_MS).toISOString(),
      },
      ELSEWHERE,
    );
  const suite = await create('test suite', { owner: 'nightly-build-and-release@continuous.integration.example.org' });
  const lost = await create('phone of ben', { owner: 'ben@example.org', roles: engineering });
  await create('laptop of clara, the one that she takes along to the customers in the north', {
    days: 3,
    roles: engineering,
  });
  for (let at = 1; at <= 70; at += 1)
    await create(`workstation ${at}`, { days: at * 5, owner: `person-${at}@example.org` });
  await stores.keys.inactivate(lost.id, 'stolen on the train from Hamburg to Basel, at noon', ELSEWHERE);
  const callTool = (server: string, tool: string) =>
    call(`${gateway.url}/api/v1/mcp/servers/${server}/tools/${tool}/execute`, suite.apiKey);
  const callTools = async () => {
    await callTool('fixture', 'no_such_tool');
    await callTool('fixture', 'test_simple_text');
  };
  const changeKey = async () => {
    await stores.keys.activate(lost.id, 'found', ELSEWHERE);
    await stores.keys.inactivate(lost.id, 'lost once more', ELSEWHERE);
  };
  for (let at = 0; at < 11; at += 1) await callTool('fixture', 'test_simple_text');
  await callTools();
  await callTool('wiki-of-the-whole-company', 'read_page');
  // The gateway writes its counters in batches.
  while ((await counted(world)) < 13) await new Promise((resolve) => setTimeout(resolve, 100));
  const closing = opened.move();
  return { ...world, callTools, changeKey, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

async function call(url: string, apiKey: string): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"arguments": {}}' });
  await answer.text();
}

async function counted({ stores }: TuiWorld): Promise<number> {
  const now = Date.now();
  const [row] = await usageOf(stores.db, { from: new Date(now - 3_600_000), to: new Date(now + 1), groupBy: [] });
  return row?.calls ?? 0;
}
