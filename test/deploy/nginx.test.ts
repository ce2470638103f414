import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkConfiguration, nginxVersion, startNginx, type Nginx } from './nginx.ts';

const version = nginxVersion();
const MAX_BODY = 16_777_216;
/** Bytes: more than all kernels' buffers between a gateway and its client. */
const FLOOD = 4 * MAX_BODY;

/** A gateway whose requests the test answers itself. */
interface Gateway extends AsyncDisposable {
  readonly port: number;
  /** The next request that arrives. */
  next(): Promise<{ req: IncomingMessage; res: ServerResponse }>;
}

async function startGateway(): Promise<Gateway> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async next() {
      const [req, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
      return { req, res };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await server[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(version === undefined)(`deploy/nginx.conf in nginx ${version ?? '(skipped: not installed)'}`, () => {
  test('is valid', async () => {
    await checkConfiguration();
  });

  describe('in front of a gateway', () => {
    let gateway: Gateway;
    let nginx: Nginx;
    beforeAll(async () => {
      gateway = await startGateway();
      nginx = await startNginx([gateway.port, gateway.port]);
    });
    afterAll(async () => {
      await nginx[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    });

    test('passes each event on when it is sent, and the end when the client leaves', async () => {
      const leaving = new AbortController();
      const asked = gateway.next();
      const answer = fetch(`${nginx.url}/mcp/one`, { signal: leaving.signal });
      const { res } = await asked;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      const reader: ReadableStreamDefaultReader<Uint8Array> = (await answer).body!.getReader();
      const read = async () => new TextDecoder().decode((await reader.read()).value);
      // The second event is sent only when the first has arrived.
      expect(await read()).toBe('data: 1\n\n');
      res.write('data: 2\n\n');
      expect(await read()).toBe('data: 2\n\n');
      const closed = once(res, 'close');
      leaving.abort();
      await closed;
      expect(res.writableFinished).toBe(false);
    });

    test('holds a gateway back when its client takes nothing', async () => {
      const asked = gateway.next();
      const call = request(`${nginx.url}/mcp/one`);
      call.end();
      const { res } = await asked;
      res.write('first');
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      answer.pause();
      const chunk = Buffer.alloc(64 * 1024);
      let taken = 0;
      for (let sent = 0; sent < FLOOD; sent += chunk.length) res.write(chunk, () => (taken += chunk.length));
      // Long enough for an nginx that buffers to take it all: it passes as much elsewhere meanwhile.
      await sizeAccepted('/api/v1/mcp/stream', FLOOD);
      // What the kernel buffers on the way stays below.
      expect(taken).toBeLessThan(FLOOD / 2);
      call.destroy();
    });

    test('passes a body on while it is sent, and what is answered meanwhile', async () => {
      const asked = gateway.next();
      const call = request(`${nginx.url}/api/v1/mcp/stream`, { method: 'POST' });
      call.write('ping 1\n');
      const { req, res } = await asked;
      res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const arrived = async () => String((await once(req, 'data'))[0]);
      expect(await arrived()).toBe('ping 1\n');
      res.write('pong 1\n');
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      const answered = async () => String((await once(answer, 'data'))[0]);
      expect(await answered()).toBe('pong 1\n');
      const second = arrived();
      call.write('ping 2\n');
      expect(await second).toBe('ping 2\n');
      const reply = answered();
      res.write('pong 2\n');
      expect(await reply).toBe('pong 2\n');
      call.end();
      await once(req, 'end');
      res.end();
      await once(answer, 'end');
    });

    test('passes every header that MCP may need, and what it knows itself about where a request comes from', async () => {
      const asked = gateway.next();
      const call = request(`${nginx.url}/mcp/one?token=secret-in-query`, {
        headers: {
          host: 'mcp.example.com:8443',
          'mcp-param-user_id': '1',
          'mcp-param-a.b~c': '2',
          'x-forwarded-for': '10.1.2.3',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'elsewhere.example.com',
          'x-real-ip': '10.1.2.3',
          forwarded: 'for=10.1.2.3',
        },
      });
      call.end();
      const { req, res } = await asked;
      expect(req.headers).toMatchObject({
        host: 'mcp.example.com:8443',
        'mcp-param-user_id': '1',
        'mcp-param-a.b~c': '2',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'mcp.example.com:8443',
        'x-real-ip': '127.0.0.1',
      });
      expect(req.headers).not.toHaveProperty('forwarded');
      // An internal redirect, if nginx obeyed.
      res.writeHead(200, { 'x-accel-redirect': '/metrics' }).end('from the gateway');
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      expect(String(Buffer.concat((await answer.toArray()) as Buffer[]))).toBe('from the gateway');
      const log = await nginx.log();
      expect(log).toContain('"GET /mcp/one" 200');
      expect(log).not.toContain('secret-in-query');
    });

    test('refuses a body that the gateway would refuse, and does not count what a stream sends', async () => {
      expect(await sizeAccepted('/mcp/one', MAX_BODY)).toBe(MAX_BODY);
      expect(await sizeAccepted('/api/v1/mcp/stream', MAX_BODY + 1)).toBe(MAX_BODY + 1);
      const refused = await fetch(`${nginx.url}/mcp/one`, { method: 'POST', body: Buffer.alloc(MAX_BODY + 1) });
      expect(refused.status).toBe(413);
    });

    test('keeps the figures of one gateway to itself', async () => {
      expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    });

    async function sizeAccepted(path: string, size: number): Promise<number> {
      const asked = gateway.next();
      const answer = fetch(`${nginx.url}${path}`, { method: 'POST', body: Buffer.alloc(size) });
      const { req, res } = await asked;
      let arrived = 0;
      for await (const chunk of req as AsyncIterable<Buffer>) arrived += chunk.length;
      res.end();
      expect((await answer).status).toBe(200);
      return arrived;
    }
  });

  describe('in front of two gateways', () => {
    let gateways: [Gateway, Gateway];
    let nginx: Nginx;
    beforeEach(async () => {
      gateways = [await startGateway(), await startGateway()];
      nginx = await startNginx(gateways.map(({ port }) => port));
    });
    afterEach(async () => {
      await nginx[Symbol.asyncDispose]();
      for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
    });

    test('gives a call to the one that has less to do', async () => {
      const arrival = () =>
        Promise.race(gateways.map((gateway) => gateway.next().then(({ res }) => ({ res, to: gateway.port }))));
      const call = () => fetch(`${nginx.url}/mcp/one`, { method: 'POST', body: '{}' });
      let arrived = arrival();
      const long = call();
      const busy = await arrived;
      for (let short = 0; short < 3; short += 1) {
        arrived = arrival();
        const answer = call();
        const { res, to } = await arrived;
        expect(to).not.toBe(busy.to);
        res.end();
        expect((await answer).status).toBe(200);
      }
      busy.res.end();
      expect((await long).status).toBe(200);
    });

    test('loses no call while one of them is gone', async () => {
      await gateways[0][Symbol.asyncDispose]();
      for (let call = 0; call < 10; call += 1) {
        const asked = gateways[1].next();
        const answer = fetch(`${nginx.url}/mcp/one`, { method: 'POST', body: '{}' });
        (await asked).res.end();
        expect((await answer).status).toBe(200);
      }
    });
  });
});
