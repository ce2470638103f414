import { join } from 'node:path';
import { DEFAULT_SETTINGS, type ServerSettings, type Transport } from '../../src/events/mcpServer.ts';
import type { Era } from '../../src/mcp/eras.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startForwarder } from '../support/forwarder.ts';
import { startTestGateway, TEST_CONTEXT } from '../support/testGateway.ts';

const PROGRAM = join(import.meta.dirname, '../support/fixtureServer.ts');

/** The fixture behind a gateway, at URLs that need no key. */
export interface BehindGateway extends AsyncDisposable {
  /** `/mcp/<server>`. */
  readonly single: string;
  /** `/mcp`, where the server is the only one and its names have no prefix. */
  readonly aggregated: string;
}

/**
 * Puts the fixture behind a gateway as users run it. @param era that it speaks (Default: all that the transport has)
 * @param isolation of its processes (Default: one for each session, of which the suite begins many)
 */
export async function putBehindGateway(
  transport: Transport,
  era?: Era,
  isolation: ServerSettings['isolation'] = 'session',
): Promise<BehindGateway> {
  await using setUp = new AsyncDisposableStack();
  const settings = await startFixture(setUp, transport, era);
  const gateway = setUp.use(await startTestGateway({ env: { SERVER_UNPREFIXED: 'fixture' } }));
  await gateway.stores.servers.register(
    'fixture',
    { settings: { ...DEFAULT_SETTINGS, transport, isolation, ...settings }, secrets: { headers: {}, env: {} } },
    TEST_CONTEXT,
  );
  const { apiKey } = await gateway.createKey();
  const headers = { authorization: `Bearer ${await gateway.token(apiKey)}` };
  const single = setUp.use(await startForwarder(`${gateway.url}/mcp/fixture`, { headers }));
  const aggregated = setUp.use(await startForwarder(`${gateway.url}/mcp`, { headers }));
  const stack = setUp.move();
  return { single: single.url, aggregated: aggregated.url, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function startFixture(
  setUp: AsyncDisposableStack,
  transport: Transport,
  era: Era | undefined,
): Promise<Pick<ServerSettings, 'url' | 'command' | 'args'>> {
  switch (transport) {
    case 'http':
      return { url: setUp.use(await startFixtureServer({ ...(era && { era }) })).url };
    case 'sse':
      return { url: setUp.use(await startFixtureSseServer()).url };
    case 'stdio': {
      const args = [PROGRAM, '--transport', 'stdio', ...(era === undefined ? [] : ['--era', era])];
      return { command: process.execPath, args };
    }
  }
}
