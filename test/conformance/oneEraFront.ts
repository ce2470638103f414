import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream';
import type { Era } from '../../src/mcp/eras.ts';

/** What a server of one era does not know. The suite's servers answer it all the same, with anything. */
const FOREIGN: Readonly<Record<Era, string>> = { legacy: 'server/discover', modern: 'initialize' };

/** Starts what stands before a server of the suite, so that it refuses the beginning of the other era as a server of one era does. */
export async function startOneEraFront(target: string, era: Era): Promise<AsyncDisposable & { readonly url: string }> {
  const { hostname, port, pathname } = new URL(target);
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const message =
        request.method === 'POST' ? (JSON.parse(body.toString()) as { method?: string; id?: unknown }) : {};
      if (message.method === FOREIGN[era]) {
        const error = { code: -32_601, message: 'Method not found' };
        const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, error });
        response.writeHead(era === 'modern' ? 404 : 400, { 'content-type': 'application/json' }).end(answer);
        return;
      }
      const { url: path, method, headers } = request;
      const forwarded = send({ hostname, port, path, method, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders();
        pipeline(answer, response, () => {});
      });
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      forwarded.end(body);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(address.port)}${pathname}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
