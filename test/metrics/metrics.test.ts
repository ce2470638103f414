import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, call, modern, open } from '../proxy/client.ts';
import { echoJson, openUpstream } from '../proxy/upstream.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { allMetrics } from './allMetrics.ts';
import { scrape, seriesIn, sum } from './scrape.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let url: string;
let credential: { authorization: string };

beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  gateway = setUp.use(await startTestGateway({ env: { METRICS_PORT: '0' } }));
  const upstream = setUp.use(
    await openUpstream((res, received) => {
      if (received.method !== 'GET') echoJson(res, received);
      else res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    }),
  );
  await gateway.addServer('files', upstream.url);
  await gateway.addServer('leaving', upstream.url);
  await gateway.addServer('gone', 'http://127.0.0.1:9/mcp');
  url = gateway.metricsUrl;
  credential = { authorization: `Bearer ${(await gateway.createKey()).apiKey}` };
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

const callAt = (server: string, message: object, headers: Record<string, string> = {}) =>
  call(gateway, server, message, { ...credential, ...headers });

it('calls are counted by server, method, era and status, and failures by their kind [ops-metrics]', async () => {
  const before = await scrape(url);
  await callAt('files', PING);
  const { message, headers } = modern('tools/call', { name: 'search', arguments: {} });
  await callAt('files', message, headers);
  await callAt('gone', PING);
  await expect.poll(async () => sum(await scrape(url), 'metamcp_call_failures_total', 'server="gone"')).toBe(1);
  const found = await scrape(url);
  const grown = (name: string, ...labels: string[]) => sum(found, name, ...labels) - sum(before, name, ...labels);
  const at = (...labels: string[]) => grown('metamcp_calls_total', ...labels);
  expect(at('server="files"', 'method="ping"', 'era="legacy"', 'status="200"')).toBe(1);
  expect(at('server="files"', 'method="tools/call"', 'era="modern"', 'status="200"')).toBe(1);
  expect(at('server="gone"', 'status="502"')).toBe(1);
  expect(grown('metamcp_call_failures_total', 'server="gone"', 'kind="upstream"')).toBe(1);
  expect(grown('metamcp_call_failures_total', 'server="files"')).toBe(0);
  expect(grown('metamcp_call_bytes_total', 'server="files"', 'direction="in"')).toBe(
    JSON.stringify(PING).length + JSON.stringify(message).length,
  );
  expect(grown('metamcp_http_requests_total', 'route="/mcp/{server}"', 'method="POST"')).toBe(3);
});

it('what a call took of the gateway itself is part of what it took, and leaves the wait for the server out [ops-metrics]', async () => {
  let waitedMs = 0;
  await using slow = await openUpstream((res, received) => {
    const since = performance.now();
    setTimeout(() => {
      waitedMs = performance.now() - since;
      echoJson(res, received);
    }, 100);
  });
  await gateway.addServer('slow', slow.url);
  const since = performance.now();
  await callAt('slow', PING);
  // Client, gateway and server share one clock: this lies around all that the gateway measures.
  const wholeMs = performance.now() - since;
  await expect.poll(async () => sum(await scrape(url), 'metamcp_call_own_seconds_count', 'server="slow"')).toBe(1);
  const own = sum(await scrape(url), 'metamcp_call_own_seconds_sum', 'server="slow"');
  expect(own).toBeGreaterThan(0);
  expect(own * 1_000).toBeLessThan(wholeMs - waitedMs);
});

it('names that clients and servers make up get no series of their own [ops-metrics-bounded]', async () => {
  await callAt('files', PING);
  await ask(gateway, '/nowhere', { method: 'GET' });
  const before = (await scrape(url)).size;
  const flood = async (n: number) => {
    const name = `made-up-${String(n)}`;
    await callAt('files', { jsonrpc: '2.0', id: 1, method: name });
    await callAt(name, PING);
    const { message, headers } = modern('tools/call', { name, arguments: {} });
    await callAt('files', message, headers);
    await ask(gateway, `/${name}`, { method: 'GET', headers: credential });
    await call(gateway, 'files', PING, { authorization: `Bearer ${name}` });
  };
  for (let n = 0; n < 60; n += 1) await flood(n);
  const found = await scrape(url);
  expect([...found.keys()].filter((series) => series.includes('made-up'))).toEqual([]);
  const first = found.size - before;
  expect(first).toBeLessThan(8);
  for (let n = 60; n < 120; n += 1) await flood(n);
  expect((await scrape(url)).size).toBeLessThanOrEqual(found.size);
});

it('a server that was removed loses its series, also when a call of it ends afterwards [ops-metrics-bounded]', async () => {
  await callAt('leaving', PING);
  const stream = await open(gateway, '/mcp/leaving', {
    headers: { ...credential, accept: 'text/event-stream' },
    method: 'GET',
  });
  await expect.poll(async () => sum(await scrape(url), 'metamcp_streams_open', 'server="leaving"')).toBe(1);
  expect(sum(await scrape(url), 'metamcp_calls_total', 'server="leaving"')).toBe(1);
  await gateway.stores.servers.remove('leaving', undefined, TEST_CONTEXT);
  await stream.ended;
  await expect
    .poll(async () => [...(await scrape(url)).keys()].filter((series) => series.includes('"leaving"')))
    .toEqual([]);
});

it('a good credential, a missing one and a wrong one are told apart [ops-metrics]', async () => {
  const outcomes = async () => {
    const found = await scrape(url);
    return ['ok', 'credential-missing', 'invalid-credential'].map((outcome) =>
      sum(found, 'metamcp_authentications_total', `outcome="${outcome}"`),
    );
  };
  const [ok = 0, missing = 0, wrong = 0] = await outcomes();
  await callAt('files', PING);
  await callAt('files', PING);
  await ask(gateway, '/api/v1/keys', { method: 'GET', headers: { authorization: undefined } });
  await call(gateway, 'files', PING, { authorization: 'Bearer nothing' });
  expect(await outcomes()).toEqual([ok + 2, missing + 1, wrong + 1]);
});

it('a revocation is measured, keys that expire are counted, and the stores are asked [ops-metrics]', async () => {
  const { id } = await gateway.createKey({ expiresIn: 2 * 86_400_000 });
  const before = sum(await scrape(url), 'metamcp_revocation_seconds_count');
  await expect.poll(async () => sum(await scrape(url), 'metamcp_keys_expiring', 'days="7"')).toBe(1);
  expect(sum(await scrape(url), 'metamcp_keys_expiring', 'days="1"')).toBe(0);
  await gateway.stores.keys.inactivate(id, undefined, TEST_CONTEXT);
  const found = await scrape(url);
  expect(sum(found, 'metamcp_revocation_seconds_count')).toBeGreaterThan(before);
  expect(sum(found, 'metamcp_revocation_seconds_sum')).toBeLessThan(60);
  expect(sum(found, 'metamcp_part_up', 'part="event_store"')).toBe(1);
  expect(sum(found, 'metamcp_projection_lag_seconds')).toBe(0);
  expect([...found.keys()].filter((series) => series.startsWith('metamcp_projection_lag')).length).toBeGreaterThan(3);
  expect(sum(found, 'process_open_fds')).toBeGreaterThan(10);
});

it('a scrape is read only: GET and HEAD at /metrics, for hosts that are allowed [ops-metrics-closed]', async () => {
  const asking = (path: string, options: NonNullable<Parameters<typeof ask>[2]>) =>
    ask({ url: new URL(url).origin }, path, { ...options, headers: { accept: '*/*', ...options.headers } }).then(
      ({ status }) => status,
    );
  expect(await asking('/metrics', { method: 'GET' })).toBe(200);
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    expect(await asking('/metrics', { method })).toBe(405);
  }
  for (const path of ['/', '/metrics/', '/metricsx', '/%6detrics', '/mcp', '/api/v1/keys']) {
    expect(await asking(path, { method: 'GET' })).toBe(404);
  }
  expect(await asking('/metrics', { method: 'GET', headers: { host: 'rebound.example' } })).toBe(403);
  expect(await asking('/metrics', { method: 'GET', headers: { origin: 'http://rebound.example' } })).toBe(403);
  // The gateway's own listener has nothing of it.
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
});

it('all metrics of a gateway are those that the document is held to [ops-metrics-documented]', async () => {
  const text = await (await fetch(url, { headers: { accept: 'text/plain' } })).text();
  const named = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
  expect(named).toEqual(allMetrics().map(({ name }) => name));
});

it('without METRICS_PORT there are no metrics [ops-metrics-closed]', async () => {
  await using other = await startTestGateway();
  expect(other.metricsUrl).toBe('');
});

it('a scraper gets the format that it prefers, and a hostile Accept costs nothing [ops-metrics]', async () => {
  const typeFor = async (accept: string) => {
    const answer = await fetch(url, { headers: { accept } });
    return `${String(answer.status)} ${answer.headers.get('content-type') ?? ''}`;
  };
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  expect(await typeFor(prometheus)).toBe('200 application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(await typeFor('*/*')).toBe('200 text/plain; version=0.0.4; charset=utf-8');
  for (const accept of ['image/png', 'text/plain;q=0', ';,'.repeat(3_000), `${'a/b;'.repeat(3_000)}"\\`]) {
    expect(await typeFor(accept)).toMatch(/^(406|200) /);
  }
  const whole = await (await fetch(url, { headers: { accept: 'application/openmetrics-text' } })).text();
  const plain = await (await fetch(url, { headers: { accept: 'text/plain' } })).text();
  expect(whole.endsWith('# EOF\n')).toBe(true);
  const namesIn = (text: string) => new Set([...seriesIn(text).keys()].map((series) => series.split('{')[0]));
  expect(namesIn(whole)).toEqual(namesIn(plain));
});

it('scrapes at the same time cost as much as one, while the gateway serves calls [ops-metrics-bounded]', async () => {
  await scrape(url);
  const statements = gateway.stores.db.statements;
  const calls = Promise.all(Array.from({ length: 200 }, () => callAt('files', PING)));
  const texts = await Promise.all(
    // One remote address has room for so many of its connections.
    Array.from({ length: 10 }, async () => (await fetch(url)).text()),
  );
  expect(new Set((await calls).map(({ status }) => status))).toEqual(new Set([200]));
  for (const text of texts) expect(seriesIn(text).size).toBeGreaterThan(100);
  // The figures of stores are shown again for 2 s: at most one look at them lies between.
  expect(gateway.stores.db.statements - statements).toBeLessThan(30);
});
