import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// What REST clients and the servers behind them can make a gateway hold and parse.

const MIB = 1024 * 1024;
const EXECUTE = '/api/v1/mcp/servers/large/tools/read/execute';
const LIST = '/api/v1/mcp/servers/large/tools';

/** Megabytes take their time on a busy machine. */
const PATIENT = { interval: 5, timeout: 60_000 };

/** A legacy server: each list of tools waits until the test lets it go. */
const waiting: { res: ServerResponse; id: unknown }[] = [];
const upstream = createServer((req, res) => {
  void (async () => {
    const { id, method } = req.method === 'POST' ? ((await json(req)) as { id?: unknown; method?: string }) : {};
    const answer = (message: object): void => {
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...message }));
    };
    if (method === 'initialize') {
      const serverInfo = { name: 'large', version: '1' };
      answer({ result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } });
    } else if (method === 'tools/list') waiting.push({ res, id });
    else if (id === undefined) res.writeHead(202).end();
    else answer({ error: { code: -32_601, message: 'Method not found' } });
  })();
});

let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  await gateway.addServer('large', `http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}/mcp`);
  key = (await gateway.createKey({ scopes: ['mcp', 'servers:read', 'servers:write'] })).apiKey;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

async function ask(path: string, { body, apiKey = key }: { body?: string; apiKey?: string } = {}) {
  const answer = await fetch(gateway.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

const many = (count: number, item: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(',');

describe('a body of REST', () => {
  it.each([
    [
      'with very many members',
      EXECUTE,
      `{"arguments":{${many(300_000, (at) => `"k${at}":1`)}}}`,
      413,
      'json-too-costly',
    ],
    ['with very many values', EXECUTE, `{"arguments":{"a":[${many(600_000, () => '1')}]}}`, 413, 'json-too-costly'],
    [
      'with very deep nesting',
      EXECUTE,
      `\uFEFF{"arguments":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
      400,
      'json-too-deep',
    ],
    [
      'with very many values of settings',
      '/api/v1/mcp/servers',
      `[${many(510_000, () => '1')}]`,
      413,
      'json-too-costly',
    ],
    [
      'with more settings than any client has',
      '/api/v1/mcp/servers',
      `{"args":[${many(21_000, () => '1')}]}`,
      413,
      'json-too-costly',
    ],
    ['with very many faults', EXECUTE, `{${many(50_000, (at) => `"k${at}":1`)}}`, 400, 'request-invalid'],
    ['with a very long name', EXECUTE, `{"${'k'.repeat(MIB)}":1}`, 400, 'request-invalid'],
    [
      'with very many wrong headers',
      '/api/v1/mcp/servers',
      `{"headers":{${many(15_000, (at) => `"k ${at}":1`)}}}`,
      400,
      'request-invalid',
    ],
  ])('%s is refused with a short answer', async (_name, path, body, status, code) => {
    const answered = await ask(path, { body });
    expect(answered).toMatchObject({ status, body: { code } });
    expect(answered.text.length).toBeLessThan(15_000);
  });
});

describe('answers that are read whole', () => {
  const toolsOf = (bytes: number): object[] => [{ name: 'read', inputSchema: {}, description: 'x'.repeat(bytes) }];

  async function letGo(count: number, message: (at: number) => object): Promise<void> {
    await expect.poll(() => waiting.length, PATIENT).toBe(count);
    for (const [at, { res, id }] of waiting.splice(0).entries()) {
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...message(at) }));
    }
  }

  it('have a bound for each key, beyond which its requests are refused, and other keys’ are served', async () => {
    const { apiKey: other } = await gateway.createKey();
    const listings = Array.from({ length: 8 }, () => ask(LIST));
    await expect.poll(() => waiting.length, PATIENT).toBe(8);
    const another = ask(LIST, { apiKey: other });
    // All of an answer but its end.
    await expect.poll(() => waiting.length, PATIENT).toBe(9);
    const kept = waiting.splice(0, 8);
    const text = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: { tools: toolsOf(14 * MIB) } });
    for (const { res, id } of kept) {
      res.writeHead(200, { 'content-type': 'application/json' }).write(text(id).slice(0, -1));
    }
    const refused: unknown[] = [];
    for (const listing of listings) {
      void listing.then(({ status, body }) => status === 429 && refused.push(body['code']));
    }
    // 14 MiB count twice, as text and as values: two of them have room in 64 MiB.
    await expect.poll(() => refused.length, PATIENT).toBe(6);
    expect(new Set(refused)).toEqual(new Set(['too-many-bodies']));
    await letGo(1, () => ({ result: { tools: toolsOf(1) } }));
    expect((await another).status).toBe(200);
    for (const { res } of kept) res.end('}');
    const statuses = (await Promise.all(listings)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    // And all the room is given back.
    const again = ask(LIST);
    await letGo(1, () => ({ result: { tools: toolsOf(15 * MIB) } }));
    expect((await again).status).toBe(200);
  });

  it('are refused when they would cost too much to parse, and give back their room', async () => {
    for (let round = 0; round < 6; round++) {
      const listing = ask(LIST);
      await letGo(1, () => ({
        result: { tools: Array.from({ length: 600_000 }, () => 1), pad: 'x'.repeat(12 * MIB) },
      }));
      expect(await listing).toMatchObject({ status: 502, body: { code: 'upstream-too-large' } });
    }
  });
});
