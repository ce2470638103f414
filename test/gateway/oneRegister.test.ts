import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

// A legacy server whose tools never answer.
const waiting = { calls: 0 };
const upstream = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    if (req.method !== 'POST') return res.writeHead(405).end();
    const message = JSON.parse(Buffer.concat(chunks).toString()) as { id?: number; method?: string };
    const { id, method } = Array.isArray(message) ? { id: 0, method: 'tools/call' } : message;
    if (method === 'tools/call') {
      waiting.calls += 1;
      return undefined;
    }
    if (id === undefined) return res.writeHead(202).end();
    const serverInfo = { name: 'silent', version: '1' };
    const result =
      method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }
        : { tools: [{ name: 'wait', inputSchema: { type: 'object' } }] };
    const known = method === 'initialize' || method === 'tools/list';
    const body = known ? { result } : { error: { code: -32601, message: 'Method not found' } };
    return res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  });
});

let gateway: TestGateway;
let apiKey: string;
let keyId: string;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
});
beforeEach(async () => {
  ({ id: keyId, apiKey } = await gateway.createKey());
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const upstreamUrl = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;
const headers = () => ({
  authorization: `Bearer ${apiKey}`,
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
});
const call = (id: number, name = 'wait') => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});

/** Each way to make a call that runs a tool. */
const faces: Record<string, (server: string, signal?: AbortSignal) => Promise<Response>> = {
  MCP: (server, signal) => post(`/mcp/${server}`, call(1), signal),
  'MCP, a batch': (server, signal) => post(`/mcp/${server}`, [call(1), call(2)], signal),
  REST: (server, signal) => post(`/api/v1/mcp/servers/${server}/tools/wait/execute`, { arguments: {} }, signal),
};

function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Makes a call and waits until the server has it. */
async function inFlight(face: string, server: string): Promise<Promise<Response>[]> {
  const before = waiting.calls;
  const answered = faces[face]!(server);
  await expect.poll(() => waiting.calls).toBe(before + 1);
  return [answered];
}

const codeOf = async (response: Response): Promise<string> => {
  const body = (await response.json()) as { code?: string; error?: { data?: { code?: string } } };
  return body.code ?? body.error?.data?.code ?? '';
};

describe.each(Object.keys(faces))('a call in flight by %s', (face) => {
  it.each([
    ['disabled', /^server-disabled$/, (name: string) => gateway.stores.servers.disable(name, undefined, TEST_CONTEXT)],
    [
      'removed',
      /^server-(deleted|disabled)$/,
      (name: string) => gateway.stores.servers.remove(name, undefined, TEST_CONTEXT),
    ],
  ] as const)('has ended when its server is reported as %s', async (what, code, change) => {
    const name = `s-${face.replace(/\W+/g, '').toLowerCase()}-${what}`;
    await gateway.addServer(name, upstreamUrl());
    const [answered] = await inFlight(face, name);
    await change(name);
    const response = await answered!;
    expect(response.status).toBe(503);
    expect(await codeOf(response)).toMatch(code);
  });

  it('has ended when its key is reported as without the tool, or as inactive', async () => {
    const name = `k-${face.replace(/\W+/g, '').toLowerCase()}`;
    await gateway.addServer(name, upstreamUrl());
    const [narrowed] = await inFlight(face, name);
    const grants = [`${name}:other`];
    await gateway.stores.keys.changeAccess(keyId, () => ({ scopes: ['mcp'], grants }), TEST_CONTEXT);
    expect(await codeOf(await narrowed!)).toBe('key-access-changed');
    await gateway.stores.keys.changeAccess(keyId, () => ({ scopes: ['mcp'], grants: ['*'] }), TEST_CONTEXT);
    const [revoked] = await inFlight(face, name);
    await gateway.stores.keys.inactivate(keyId, 'test', TEST_CONTEXT);
    expect(await codeOf(await revoked!)).toBe('key-revoked');
  });

  it('fills a place of its server, for every way of calling', async () => {
    const name = `l-${face.replace(/\W+/g, '').toLowerCase()}`;
    await gateway.addServer(name, upstreamUrl(), {}, {}, { maxInFlight: 1 });
    const left = new AbortController();
    const before = waiting.calls;
    const first = faces[face]!(name, left.signal).catch(() => 'left');
    await expect.poll(() => waiting.calls).toBe(before + 1);
    for (const other of Object.keys(faces)) {
      const response = await faces[other]!(name);
      expect([other, response.status, await codeOf(response)]).toEqual([other, 503, 'server-busy']);
    }
    left.abort();
    expect(await first).toBe('left');
    await expect
      .poll(async () => (await fetch(`${gateway.url}/api/v1/mcp/servers/${name}/tools`, { headers: headers() })).status)
      .toBe(200);
  });
});

it('a key that calls without end leaves places for others, whichever way it calls', async () => {
  await gateway.addServer('shared', upstreamUrl(), {}, {}, { maxInFlight: 8 });
  const greedy = apiKey;
  const left = new AbortController();
  const before = waiting.calls;
  const faceNames = Object.keys(faces);
  const ended: Promise<unknown>[] = [];
  const codes: string[] = [];
  for (let n = 0; n < 12; n += 1) {
    const answered = faces[faceNames[n % faceNames.length]!]!('shared', left.signal)
      .then(codeOf)
      .catch(() => 'left');
    ended.push(answered.then((code) => codes.push(code)));
  }
  await expect.poll(() => [waiting.calls - before, codes.length]).toEqual([6, 6]);
  expect(new Set(codes)).toEqual(new Set(['too-many-calls']));
  ({ apiKey } = await gateway.createKey());
  expect(apiKey).not.toBe(greedy);
  const other = faces['MCP']!('shared', left.signal).catch(() => undefined);
  await expect.poll(() => waiting.calls - before).toBe(7);
  left.abort();
  await Promise.all([...ended, other]);
});
