import { join } from 'node:path';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { SquareClient } from './client/squareClient.ts';
import { capabilitiesOf, eraOfServer, SERVERS, type ServerKind, type Side } from './dimensions.ts';
import type { Trial } from './trial.ts';

const PROGRAM = join(import.meta.dirname, '../support/fixtureServer.ts');

/** A gateway with each kind of server behind it. */
export interface Square extends AsyncDisposable {
  connect(side: Side): Promise<Trial & AsyncDisposable>;
}

export async function openSquare(): Promise<Square> {
  await using opened = new AsyncDisposableStack();
  const gateway = opened.use(await startTestGateway());
  for (const kind of SERVERS) await addServer(gateway, kind, opened);
  const { apiKey } = await gateway.createKey();
  const closing = opened.move();
  return {
    async connect({ revision, server, endpoint }) {
      const path = {
        '/mcp/<server>': `/mcp/${server}`,
        '/mcp': `/mcp?servers=${server}`,
        NDJSON: `/api/v1/mcp/stream?server=${server}`,
      }[endpoint];
      const connected = new AsyncDisposableStack();
      const another = async (): Promise<SquareClient> => {
        const client = await SquareClient.connect({
          revision,
          url: gateway.url + path,
          isLines: endpoint === 'NDJSON',
          authorization: `Bearer ${apiKey}`,
          capabilities: capabilitiesOf(revision),
        });
        return connected.use(client);
      };
      const client = await another();
      const named = (own: string): string => (endpoint === '/mcp' ? `${server}__${own}` : own);
      return {
        client,
        named,
        another,
        serverEra: eraOfServer(server),
        [Symbol.asyncDispose]: () => connected.disposeAsync(),
      };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function addServer(gateway: TestGateway, kind: ServerKind, opened: AsyncDisposableStack): Promise<void> {
  const era = eraOfServer(kind);
  const common = { limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS };
  const secrets = { headers: {}, env: {} };
  if (kind.endsWith('stdio')) {
    const args = [PROGRAM, '--transport', 'stdio', '--era', era];
    const settings = {
      transport: 'stdio' as const,
      command: process.execPath,
      args,
      isolation: 'key' as const,
      ...common,
    };
    await gateway.stores.servers.register(kind, { settings, secrets }, TEST_CONTEXT);
    return;
  }
  const isSse = kind.endsWith('sse');
  const { url } = opened.use(isSse ? await startFixtureSseServer() : await startFixtureServer({ era }));
  const settings = {
    transport: isSse ? ('sse' as const) : ('http' as const),
    url,
    isolation: 'session' as const,
    ...common,
  };
  await gateway.stores.servers.register(kind, { settings, secrets }, TEST_CONTEXT);
}
