import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import { openCertificate } from '../../src/tls/certificate.ts';
import { ask } from '../front/secureFront.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';
import { scrape, sum } from '../metrics/scrape.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

// An upstream that answers nothing but the head of an event stream, and keeps what it was asked.
const cutUpstream: string[] = [];
const silent = createServer((req, res) => {
  req.resume();
  res.on('close', () => cutUpstream.push(req.method ?? ''));
  if (req.method === 'GET') res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
});

const opened = new AsyncDisposableStack();
let gateway: TestGateway;
/** Of the log of calls. */
const lines: string[] = [];
const http1 = opened.adopt(new Agent({ allowH2: false, connect: { rejectUnauthorized: false } }), (agent) =>
  agent.destroy(),
);

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-http2-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const { certificate: cert, key } = makeCertificate();
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  await writeFile(files.certFile, cert);
  await writeFile(files.keyFile, key, { mode: 0o600 });
  const certificate = opened.use(
    await openCertificate({ files, clock: Date.now, logger: createLogger('silent'), pollMs: 60_000 }),
  );
  const accessLines = { write: (line: string) => void lines.push(line) };
  const logger = createLogger('info', { write: () => undefined });
  gateway = opened.use(await startTestGateway({ certificate, logger, accessLines, env: { METRICS_PORT: '0' } }));
  const fixture = opened.use(await startFixtureServer());
  await gateway.addServer('fixture', fixture.url);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  opened.defer(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await gateway.addServer('silent', `http://127.0.0.1:${(silent.address() as AddressInfo).port}/mcp`);
});
afterAll(() => opened.disposeAsync());

function openSession(): ClientHttp2Session {
  const session = connect(gateway.url, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  return session;
}

const headersOf = (apiKey: string) => ({ 'x-api-key': apiKey, accept: 'application/json, text/event-stream' });

function openStream(session: ClientHttp2Session, apiKey: string, path = '/mcp/silent'): ClientHttp2Stream {
  const stream = session.request({ ':path': path, ...headersOf(apiKey) });
  stream.on('error', () => undefined);
  return stream;
}

function call(session: ClientHttp2Session, apiKey: string, path = '/mcp/silent') {
  const headers = { ':path': path, ':method': 'POST', ...headersOf(apiKey), 'content-type': 'application/json' };
  const params = { name: 'x', arguments: {} };
  return ask(session, headers, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }));
}

it('a revocation cuts the streams of its key, and no other of the same session [auth-revocation-cuts] [front-http2-credentials]', async () => {
  const [one, other] = [await gateway.createKey(), await gateway.createKey()];
  const session = openSession();
  const mine = openStream(session, one.apiKey);
  await once(mine, 'response');
  const theirs = openStream(session, other.apiKey);
  await once(theirs, 'response');
  const mineEnds = text(mine);
  const called = call(session, one.apiKey);
  await gateway.stores.keys.inactivate(one.id, 'test', TEST_CONTEXT);
  expect(await mineEnds).toMatch(/"error":\{"code":-?\d+,"message":"The API key/);
  expect((await called).status).toBe(401);
  expect((await call(session, one.apiKey)).status).toBe(401);
  expect(theirs.closed).toBe(false);
  theirs.destroy();
  session.destroy();
});

it('each request is its own credential’s, whatever its session has shown before [front-http2-credentials]', async () => {
  const [one, other] = [
    await gateway.createKey({ grants: ['fixture'] }),
    await gateway.createKey({ grants: ['none'] }),
  ];
  const session = openSession();
  const statusOf = async (key: string) =>
    (await ask(session, { ':path': '/mcp/fixture', ':method': 'PUT', ...headersOf(key) })).status;
  for (let round = 0; round < 3; round += 1) {
    expect(await statusOf(one.apiKey)).toBe(405);
    expect(await statusOf(other.apiKey)).toBe(404);
    expect(await statusOf('mmcp_wrong')).toBe(401);
    expect((await ask(session, { ':path': '/mcp/fixture', ':method': 'PUT' })).status).toBe(401);
  }
  session.destroy();
});

it('a client that resets its call cancels it at the server [front-http2-cancel]', async () => {
  const { apiKey } = await gateway.createKey();
  const session = openSession();
  const before = cutUpstream.length;
  const stream = openStream(session, apiKey);
  await once(stream, 'response');
  stream.close();
  await expect.poll(() => cutUpstream.slice(before)).toEqual(['GET']);
  session.destroy();
});

it('a host that is not allowed is refused by its authority [front-http2-requests]', async () => {
  const session = openSession();
  const refused = await ask(session, { ':path': '/', ':authority': 'evil.example' });
  expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('host-not-allowed')]);
  const twice = await ask(session, { ':path': '/', ':authority': 'localhost', host: 'other.localhost' });
  expect([twice.status, twice.body]).toEqual([400, expect.stringContaining('header-repeated')]);
  session.destroy();
});

it('the pages, the document and a stream of events come as over HTTP/1.1 [front-http2]', async () => {
  const { apiKey } = await gateway.createKey({ scopes: ['events:read'] });
  const session = openSession();
  for (const path of ['/', '/health', '/swagger-ui/', '/api-docs/openapi.json']) {
    const { status, body } = await ask(session, { ':path': path });
    const asked = await undiciFetch(gateway.url + path, { dispatcher: http1, redirect: 'manual' });
    expect([path, status]).toEqual([path, asked.status]);
    if (path === '/api-docs/openapi.json') expect(body).toBe(await asked.text());
    else await asked.text();
  }
  const events = openStream(session, apiKey, '/api/v1/events');
  const [head] = (await once(events, 'response')) as [{ ':status': number }];
  expect(head[':status']).toBe(200);
  events.destroy();
  session.destroy();
});

it('the official client works over one session of undici [front-http2]', async () => {
  const { apiKey } = await gateway.createKey();
  const dispatcher = opened.adopt(
    new Agent({ allowH2: true, connections: 1, connect: { rejectUnauthorized: false } }),
    (agent) => agent.destroy(),
  );
  const fetch = (url: string | URL, init?: RequestInit) =>
    undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]) as unknown as Promise<Response>;
  const requestInit = { headers: { 'x-api-key': apiKey } };
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/fixture`), { requestInit, fetch }),
  );
  const { tools } = await client.listTools();
  expect(tools.length).toBeGreaterThan(3);
  const results = await Promise.all(
    Array.from({ length: 10 }, () => client.callTool({ name: 'test_simple_text', arguments: {} })),
  );
  expect(results.every(({ isError }) => isError !== true)).toBe(true);
  await client.close();
});

const hasCurl = (await promisify(execFile)('curl', ['--version']).catch(() => ({ stdout: '' }))).stdout.includes(
  'HTTP2',
);

it.skipIf(!hasCurl)('curl speaks HTTP/2 where it is offered [front-http2]', async () => {
  const args = ['-sk', '--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', `${gateway.url}/health`];
  expect((await promisify(execFile)('curl', args)).stdout).toBe('2 200');
});

it('the log of calls and the metrics tell what carried a call, and paths that clients make up get no series [ops-protocol-told]', async () => {
  const { apiKey } = await gateway.createKey();
  const requests = async (protocol: string) =>
    sum(
      await scrape(gateway.metricsUrl),
      'metamcp_http_requests_total',
      'route="/mcp/{server}"',
      `protocol="${protocol}"`,
    );
  const before = { h1: await requests('h1'), h2: await requests('h2') };
  const session = openSession();
  const named = (id: string) => ({ ...headersOf(apiKey), 'content-type': 'application/json', 'x-request-id': id });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  await ask(session, { ':path': '/mcp/fixture', ':method': 'POST', ...named('by-http-2') }, body);
  await (
    await undiciFetch(`${gateway.url}/mcp/fixture`, {
      method: 'POST',
      headers: named('by-http-1'),
      body,
      dispatcher: http1,
    })
  ).text();
  const told = () => lines.map((line) => JSON.parse(line) as { requestId: string; protocol: string });
  const protocolOf = (id: string) => told().find(({ requestId }) => requestId === id)?.protocol;
  await expect.poll(() => [protocolOf('by-http-1'), protocolOf('by-http-2')]).toEqual(['h1', 'h2']);
  await expect.poll(async () => [await requests('h1'), await requests('h2')]).toEqual([before.h1 + 1, before.h2 + 1]);

  const byHttp2 = async () => sum(await scrape(gateway.metricsUrl), 'metamcp_http_requests_total', 'protocol="h2"');
  const counted = await byHttp2();
  await ask(session, { ':path': '/nowhere', ':method': 'GET' });
  // An answer is counted when it has left, which its client may see before.
  await expect.poll(byHttp2).toBe(counted + 1);
  const series = (await scrape(gateway.metricsUrl)).size;
  for (let n = 0; n < 30; n += 1) {
    await ask(session, { ':path': `/made-up-${String(n)}`, ':method': 'GET' });
    await ask(session, { ':path': '/nowhere', ':method': 'GET', ':scheme': `made-up-${String(n)}` });
  }
  expect((await scrape(gateway.metricsUrl)).size).toBe(series);
  session.destroy();
});
