import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// What passes through the REST API in either direction, as it was written.

let gateway: TestGateway;
let key: string;
let narrow: string;
let answer = '';
const asked: string[] = [];
const logged: string[] = [];

/** A legacy server that answers whatever the test says, byte for byte. */
const upstream = createServer((req, res) => {
  void text(req).then((body) => {
    const { id, method } = JSON.parse(body) as { id?: number; method: string };
    if (id === undefined) return res.writeHead(202).end();
    if (method === 'tools/call') asked.push(body);
    const facts =
      '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}';
    const result = method === 'initialize' ? facts : answer;
    return res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`{"jsonrpc":"2.0","id":${String(id)}.0,"result":${result}}`);
  });
});

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const lines = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  gateway = await startTestGateway({ logger: pino({ level: 'trace' }, lines) });
  await gateway.addServer('exact', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`);
  key = (await gateway.createKey({ scopes: ['mcp'] })).apiKey;
  narrow = (await gateway.createKey({ scopes: ['mcp'], grants: ['exact:good*'] })).apiKey;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

async function request(path: string, body?: string, credential = key, server = 'exact') {
  const response = await fetch(`${gateway.url}/api/v1/mcp/servers/${server}/tools${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': credential, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, text: await response.text() };
}

const NUMBERS =
  '[9007199254740993,-9007199254740993,1e400,-1E400,1.0,-0,-0.0,1E5,1e-7,0.1,7,123456789012345678901234567890,0.10000000000000000001]';
const VALUES = `{"__proto__":{"a":1.0},"constructor":2.0,"n":${NUMBERS},"deep":[[{"n":${NUMBERS}}]],"lone":"\\ud800","text":"1.0"}`;

it('a tool is asked with the numbers that were sent, and they keep their text [mcp-numbers-keep-their-text]', async () => {
  answer = '{"content":[]}';
  expect((await request('/any/execute', `{ "arguments" : ${VALUES} }`)).status).toBe(200);
  expect(asked.at(-1)).toContain(`"arguments":${VALUES}`);
});

it.each([
  `{"content":[{"type":"text","text":"x","n":${NUMBERS}}],"structuredContent":${VALUES},"_meta":{"n":${NUMBERS}},"isError":false}`,
  `{"structuredContent":9007199254740993,"content":[],"vendor":1.0}`,
  `{"structuredContent":[1.0],"content":[]}`,
])('a result is answered with the numbers that the tool gave [mcp-numbers-keep-their-text]', async (result) => {
  answer = result;
  expect(await request('/any/execute', '{}')).toEqual({ status: 200, text: result });
});

it('a list of tools keeps its numbers [mcp-numbers-keep-their-text]', async () => {
  const tool = `{"name":"good","inputSchema":{"type":"object","properties":{"n":{"maximum":9007199254740993,"default":1.0,"enum":${NUMBERS}}}},"_meta":${VALUES}}`;
  answer = `{"tools":[${tool}],"ttlMs":5E3,"nextCursor":null}`;
  for (const credential of [key, narrow]) {
    expect(await request('', undefined, credential)).toEqual({ status: 200, text: `{"items":[${tool}]}` });
  }
});

it.each(['1.0', '1e400', '9007199254740993', '7', '[1.0]', '"x"', 'null'])(
  'arguments that are %s are refused, and so is such a body',
  async (value) => {
    expect((await request('/any/execute', `{"arguments":${value}}`)).status).toBe(400);
    if (value !== 'null') expect((await request('/any/execute', value)).status).toBe(400);
  },
);

it('names in the path are decoded once, and the grant is for what they mean [http-encoded-names]', async () => {
  answer = '{"content":[]}';
  const run = async (server: string, tool: string, credential = key) =>
    (await request(`/${tool}/execute`, '{}', credential, server)).status;
  for (const server of ['%65xact', 'exac%74', '%65%78%61%63%74']) {
    expect([await run(server, 'g%6fod', narrow), await run(server, 'g%6Food', narrow)]).toEqual([200, 404]);
    expect([await run(server, '%67ood%2F1', narrow), await run(server, 'b%61d', narrow)]).toEqual([200, 404]);
  }
  expect(asked.slice(-2).map((body) => (JSON.parse(body) as { params: { name: string } }).params.name)).toEqual([
    'good',
    'good/1',
  ]);
  for (const server of [
    'exact%2F',
    '%2565xact',
    'exact%00',
    '%2e%2e%2fexact',
    '%45xact',
    '%2e%2e',
    '%ffexact',
    'exact%',
    '%zzexact',
  ]) {
    expect([server, await run(server, 'good')]).toEqual([server, 404]);
  }
  for (const [server, tool] of [
    ['exact', '%zzgood'],
    ['exact', 'good%'],
    ['exact', '%c0%af'],
  ] as const) {
    expect(await request(`/${tool}/execute`, '{}', key, server)).toMatchObject({
      status: 400,
      text: expect.stringContaining('request-target-invalid'),
    });
  }
  expect(await run('exact', '%2567ood', narrow)).toBe(404);
  // A percent sign of the name's own.
  expect(await run('exact', '100%25')).toBe(200);
});

it('an encoded name of no server is looked for nowhere [http-encoded-names]', async () => {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const headers = {
    'x-api-key': key,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const ask = async (name: string) =>
    (await fetch(`${gateway.url}/mcp/${name}`, { method: 'POST', headers, body })).status;
  answer = '{"tools":[]}';
  expect(await ask('e%78act')).toBe(200);
  // PostgreSQL takes no NUL.
  for (const name of ['exact%00', '%00', 'exact%0a', '%61'.repeat(40)])
    expect([name, await ask(name)]).toEqual([name, 404]);
});

it('what can’t be used is named to those who may use it, and once in the log [mcp-left-out-is-named]', async () => {
  answer = '{"tools":[{"name":"good","inputSchema":{}},{"name":"good-old"},{"name":"bad"},{"inputSchema":{}},1.0]}';
  const good = { items: [{ name: 'good', inputSchema: {} }] };
  const old = { name: 'good-old', reason: 'its inputSchema is missing' };
  const nameless = [{ reason: 'its name is missing' }, { reason: 'it is not an object' }];
  for (let times = 0; times < 2; times++) {
    expect(JSON.parse((await request('')).text)).toEqual({
      ...good,
      left_out: [old, { name: 'bad', reason: 'its inputSchema is missing' }, ...nameless],
    });
    expect(JSON.parse((await request('', undefined, narrow)).text)).toEqual({ ...good, left_out: [old, ...nameless] });
  }
  const lines = logged.filter((line) => line.includes('a server lists what can’t be used'));
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { level: 40, server: 'exact', list: 'tools', ...old },
    { name: 'bad' },
    { reason: 'its name is missing' },
    { reason: 'it is not an object' },
  ]);
});

it('no log and no error has anything of arguments or results [mcp-results-are-nobody-elses]', async () => {
  const secret = 'patient-4711';
  for (const result of [
    `{"content":"${secret}"}`,
    `{"content":[{"text":"${secret}"}]}`,
    `["${secret}"]`,
    `{"content":["${secret}"`,
    `{"content":[{"type":"text","text":"${secret}"}]}`,
  ]) {
    answer = result;
    const answered = await request('/any/execute', `{"arguments":{"a":"${secret}"}}`);
    if (answered.status === 200) expect(answered.text).toBe(result);
    else expect(answered.text).not.toContain(secret);
  }
  expect((await request('/any/execute', `{"arguments":{"a":"${secret}"`)).text).not.toContain(secret);
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.join('')).not.toContain(secret);
});
