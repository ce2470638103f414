import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

// A server that keeps its answers until the test lets them go.
const waiting: ServerResponse[] = [];
const upstream = createServer((req, res) => {
  req.resume();
  waiting.push(res);
});
let serverUrl: string;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  serverUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

it('a gateway that stops answers the REST calls under way, and waits for no one who has not asked yet [proxy-drains]', async () => {
  await using opened = new AsyncDisposableStack();
  const gateway = opened.use(await startTestGateway());
  await gateway.addServer('slow', serverUrl);
  const { apiKey } = await gateway.createKey();
  const halfAsked = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  halfAsked.on('error', () => undefined);
  halfAsked.write('POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n');
  halfAsked.write('Content-Type: application/json\r\n\r\n{');

  const asked = once(upstream, 'request');
  const call = fetch(`${gateway.url}/api/v1/mcp/servers/slow/tools`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  await asked;
  const stopped = opened.disposeAsync();
  for (const res of waiting) res.writeHead(500).end();
  expect((await call).status).toBe(502);
  await stopped;
  halfAsked.destroy();
});

it('a signal that comes twice, as npm passes it on, stops the gateway as one does [proxy-drains]', async () => {
  const home = await mkdtemp(join(memoryFolder(), 'metamcp-signals-'));
  await chmod(home, 0o755);
  await using gateway = await startGatewayProcess({ home });
  gateway.kill('SIGINT');
  await expect.poll(() => gateway.log.join('\n'), { interval: 1 }).toContain('"msg":"stopping"');
  gateway.kill('SIGINT');
  // Ended by itself and not by the signal.
  expect(await gateway.exited).toEqual([0, null]);
  await rm(home, { recursive: true, force: true });
});
