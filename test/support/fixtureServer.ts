import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { localhostHostValidation, localhostOriginValidation } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import { createLegacySessions } from './fixture/legacySessions.ts';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Era } from '../../src/mcp/eras.ts';
import { createFixtureMcpServer } from './fixture/mcpServer.ts';
import { serve } from './fixture/nodeAdapter.ts';
import { FixtureState } from './fixture/state.ts';

/** The MCP server that the tests put behind the gateway: all names of the conformance suite, both eras on one URL. */
export interface FixtureServer extends AsyncDisposable {
  /** On the loopback interface. */
  readonly url: string;
  readonly state: FixtureState;
}

/** Starts the fixture over HTTP. (Default port: 0, any free one; era: both) */
export async function startFixtureServer({ port = 0, era }: { port?: number; era?: Era } = {}): Promise<FixtureServer> {
  const state = new FixtureState();
  const create = () => createFixtureMcpServer(state);
  const modern = createMcpHandler(create, { legacy: 'reject', bus: state.bus });
  const legacy = createLegacySessions(create);
  const isLegacy = async (request: Request) => (era === undefined ? await isLegacyRequest(request) : era === 'legacy');
  const fetch = async (request: Request) =>
    (await isLegacy(request)) ? await legacy.fetch(request) : await modern.fetch(request);
  const isLocalHost = localhostHostValidation();
  const isLocalOrigin = localhostOriginValidation();
  const server = createServer((request, response) => {
    if (!isLocalHost(request, response) || !isLocalOrigin(request, response)) return;
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    void serve(fetch, request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(address.port)}/mcp`,
    state,
    async [Symbol.asyncDispose]() {
      await Promise.all([modern.close(), legacy[Symbol.asyncDispose]()]);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      transport: { type: 'string', default: 'http' },
      era: { type: 'string' },
    },
  });
  if (values.transport === 'stdio') {
    const state = new FixtureState();
    if (values.era === 'legacy') await createFixtureMcpServer(state).connect(new StdioServerTransport());
    else serveStdio(() => createFixtureMcpServer(state, true), values.era === 'modern' ? { legacy: 'reject' } : {});
  } else {
    const { url } = await startFixtureServer({ port: Number(values.port) });
    process.stdout.write(`${url}\n`);
  }
}
