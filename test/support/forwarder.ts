import { once } from 'node:events';
import { Agent, createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface Forwarder extends AsyncDisposable {
  /** On the loopback interface, with the path of the target. */
  readonly url: string;
}

/**
 * Starts an HTTP forwarder that adds headers, for clients that can't send them (the conformance suite). Host and
 * Origin stay as the client sent them, both directions are streamed, and an abort of one side aborts the other.
 * `observe` sees each request with its whole body.
 */
export async function startForwarder(
  target: string,
  {
    headers = {},
    observe,
  }: { headers?: Record<string, string>; observe?: (request: IncomingMessage, body: Buffer) => void } = {},
): Promise<Forwarder> {
  const { hostname, port, pathname } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const options = { agent, hostname, port, path: request.url, method: request.method };
    const forwarded = send({ ...options, headers: { ...request.headers, ...headers } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders();
      pipeline(answer, response, () => {});
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    if (observe !== undefined) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => observe(request, Buffer.concat(chunks)));
    }
    request.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(address.port)}${pathname}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      agent.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
