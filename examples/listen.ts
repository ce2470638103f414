import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';

/** The two things that an HTTP server needs of an MCP handler. */
export interface McpEndpoint {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** A listening server; disposing of it ends its calls and closes its port. */
export interface RunningServer extends AsyncDisposable {
  /** Its MCP endpoint, such as `http://127.0.0.1:7001/mcp`. */
  readonly url: string;
}

/**
 * Serves an MCP handler at `/mcp` on 127.0.0.1.
 * Host and Origin are checked, or any web page could reach the server by DNS rebinding (MCP 2025-11-25, basic/transports).
 * @throws Error with code EADDRINUSE
 */
export async function listen(options: { handler: McpEndpoint; port: number }): Promise<RunningServer> {
  const { handler, port } = options;
  const serveMcp = toNodeHandler(handler);
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();

  const http = createServer((request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    // A server's request always has both; its type, which clients share, does not say so.
    const { method = 'GET', url = '/' } = request;
    if (url.split('?')[0] === '/mcp') void serveMcp(Object.assign(request, { method, url }), response);
    else response.writeHead(404).end();
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');

  return {
    // A listening TCP server always has an address of this shape.
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      if (!http.listening) return;
      const closed = once(http, 'close');
      http.close();
      await handler.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Runs a server as a program: takes `--port`, prints the URL on stdout, and ends on SIGTERM or SIGINT. */
export async function runAsProgram(
  name: string,
  start: (options: { port: number }) => Promise<RunningServer>,
): Promise<void> {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
    const server = await start({ port: Number(values.port) });
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void server[Symbol.asyncDispose]());
    console.log(`${name} listens on ${server.url}`);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
