import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// Names that mean something to JavaScript’s objects, in bodies.

let gateway: TestGateway;
let key: string;
const seen: { readonly body: string; readonly header: string | undefined }[] = [];
const upstream = createServer((req, res) => {
  void text(req).then((body) => {
    seen.push({ body, header: req.headers['x-got']?.toString() });
    const { id, method } = JSON.parse(body) as { id?: number; method: string };
    if (id === undefined) return res.writeHead(202).end();
    const result =
      method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
        : { content: [{ type: 'text', text: 'done' }] };
    const answer = ['initialize', 'tools/call'].includes(method)
      ? { result }
      : { error: { code: -32_601, message: 'Method not found' } };
    return res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
});

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  key = (await gateway.createKey({ scopes: ['mcp', 'servers:read', 'servers:write'] })).apiKey;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const url = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;

async function send(method: string, path: string, body: string) {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers${path}`, { method, headers, body });
  return { status: answer.status, body: (await answer.json()) as { code: string; error: string } };
}

it.each([
  ['"headers": {"__proto__": "x"}', 'headers.__proto__'],
  ['"headers": {"constructor": "x"}', 'headers.constructor'],
  ['"env": {"__proto__": "x"}', 'env.__proto__'],
  ['"__proto__": {"transport": "stdio"}', '__proto__'],
  ['"limits": {"__proto__": {"max_in_flight": 1}}', 'limits.__proto__'],
  ['"constructor": {"prototype": {}}', 'constructor'],
  ['"args": [{"__proto__": 1}]', 'args.0.__proto__'],
  ['"title": "a", "title": "b"', 'title'],
  ['"headers": {"A": "1", "A": "2"}', 'headers.A'],
  ['"limits": {"max_in_flight": 1, "max_in_flight": 2}', 'limits.max_in_flight'],
])('a body with %s is refused, and names it [configuration-members]', async (member, named) => {
  const body = `{"url": "${url()}", ${member}}`;
  for (const answer of [
    await send('POST', '', `{"name": "bad", ${body.slice(1)}`),
    await send('PUT', '/nobody', body),
  ]) {
    expect(answer).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    expect(answer.body.error).toContain(`${named}: `);
  }
  expect({}).not.toHaveProperty('transport');
});

it.each(['constructor', 'prototype'])('no server can be called %s', async (name) => {
  const made = await send('POST', '', JSON.stringify({ name, url: url() }));
  expect(made).toMatchObject({ status: 400, body: { code: 'server-name-invalid' } });
});

it('a server has so many headers at most', async () => {
  const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'x']));
  const many = await send('POST', '', JSON.stringify({ name: 'many', url: url(), headers: headers(201) }));
  expect(many).toMatchObject({ status: 400, body: { code: 'server-too-large' } });
  const fitting = await send('POST', '', JSON.stringify({ name: 'many', url: url(), headers: headers(200) }));
  expect(fitting.status).toBe(201);
});

it('a tool’s own argument of such a name passes as it came, and so does what looks like a reference', async () => {
  const header = '${env:ENCRYPTION_KEY}';
  const made = await send('POST', '', JSON.stringify({ name: 'odd', url: url(), headers: { 'X-Got': header } }));
  expect(made.status).toBe(201);
  const given = '{"__proto__":{"a":1},"constructor":"c","deep":{"__proto__":[{"prototype":2}]}}';
  expect((await send('POST', '/odd/tools/any/execute', `{"arguments": ${given}}`)).status).toBe(200);
  const call = seen.find(({ body }) => body.includes('tools/call'));
  expect(call?.body).toContain(`"arguments":${given}`);
  // REST resolves nothing.
  expect(call?.header).toBe(header);
  expect(await send('POST', '/odd/tools/any/execute', '{"arguments": {}, "__proto__": {}}')).toMatchObject({
    status: 400,
  });
});
