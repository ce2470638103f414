import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { call, errorOf, modern, type WholeAnswer } from './client.ts';
import { fixture } from './fixture.ts';
import type { TestGateway } from './gateway.ts';
import { answerJson, FACTS, INITIALIZE, methodsOf } from './messages/world.ts';
import { parseCall, type Answer, type ReceivedRequest, type Upstream } from './upstream.ts';

const { gatewayTo } = fixture();
const LIST = modern('tools/list');

function isModern({ headers }: ReceivedRequest): boolean {
  return headers['mcp-protocol-version'] === '2026-07-28';
}

function refuse(res: ServerResponse, code: number, message: string, status = 400): void {
  const text = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } });
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
}

/** Tells which era has answered. */
function answerModern(res: ServerResponse, { body }: ReceivedRequest): void {
  const { id, method } = parseCall(body);
  const cacheable = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  const discovered = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
  const tools = { tools: [{ name: 'modern', inputSchema: { type: 'object' } }] };
  answerJson(res, {
    jsonrpc: '2.0',
    id,
    result: { ...cacheable, ...(method === 'server/discover' ? discovered : tools) },
  });
}

function answerLegacy(res: ServerResponse, { method: verb, body }: ReceivedRequest): void {
  if (verb === 'GET') res.writeHead(405).end();
  else if (verb === 'DELETE') res.writeHead(204).end();
  else {
    const { id, method } = parseCall(body);
    const tools = { tools: [{ name: 'legacy', inputSchema: { type: 'object' } }] };
    if (id === undefined) res.writeHead(202).end();
    else if (method === 'initialize')
      answerJson(res, { jsonrpc: '2.0', id, result: FACTS }, { 'Mcp-Session-Id': 's1' });
    else answerJson(res, { jsonrpc: '2.0', id, result: tools });
  }
}

/** A server of one era, or of both, which the test may change. */
function serverOf(speaks: { eras: string }): Answer {
  return (res, received) => {
    if (isModern(received)) {
      if (speaks.eras.includes('modern')) answerModern(res, received);
      else refuse(res, -32_000, 'Bad Request: Server not initialized');
    } else if (speaks.eras.includes('legacy')) answerLegacy(res, received);
    else refuse(res, -32_022, 'Unsupported protocol version');
  };
}

function toolIn({ text }: WholeAnswer): unknown {
  const json = text.startsWith('{')
    ? text
    : (text.split('\n').findLast((line) => line.startsWith('data: {')) ?? '').slice(5);
  return (JSON.parse(json) as { result?: { tools?: { name: string }[] } }).result?.tools?.[0]?.name;
}

const listModern = (gateway: TestGateway) => call(gateway, 'files', LIST.message, LIST.headers);

/** Begins a session, and lists its tools. */
async function listLegacy(gateway: TestGateway): Promise<{ begun: WholeAnswer; listed: WholeAnswer }> {
  const begun = await call(gateway, 'files', INITIALIZE);
  const session = { 'mcp-session-id': String(begun.headers['mcp-session-id']) };
  await call(gateway, 'files', { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  return { begun, listed: await call(gateway, 'files', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, session) };
}

/** The requests that have come since it was asked last: their methods. */
function countsOf(upstream: Upstream): () => string[] {
  let seen = 0;
  return () => {
    const methods = methodsOf(upstream.received.slice(seen));
    seen = upstream.received.length;
    return methods;
  };
}

describe('a server over HTTP of which nothing is known', () => {
  test('that is modern alone serves a legacy client, and is asked for its era once [bridge-finds-the-era]', async () => {
    const { gateway, upstream } = await gatewayTo(serverOf({ eras: 'modern' }));
    const since = countsOf(upstream);
    const { begun, listed } = await listLegacy(gateway);
    expect([begun.status, toolIn(listed)]).toEqual([200, 'modern']);
    expect(since().filter((method) => method === 'initialize')).toHaveLength(2);
    expect(toolIn((await listLegacy(gateway)).listed)).toBe('modern');
    expect(since()).not.toContain('initialize');
  });

  test('that is legacy alone serves a modern client, and is asked for its era once [bridge-finds-the-era]', async () => {
    const { gateway, upstream } = await gatewayTo(serverOf({ eras: 'legacy' }));
    const since = countsOf(upstream);
    const listed = await listModern(gateway);
    expect([listed.status, toolIn(listed)]).toEqual([200, 'legacy']);
    const first = since();
    expect(first.slice(0, 2)).toEqual(['tools/list', 'server/discover']);
    expect(toolIn(await listModern(gateway))).toBe('legacy');
    expect(since()).toEqual(['tools/list']);
  });

  test('that speaks both is spoken with in the client’s own, as bytes, and is asked nothing else [bridge-finds-the-era]', async () => {
    const { gateway, upstream } = await gatewayTo(serverOf({ eras: 'modern legacy' }));
    const since = countsOf(upstream);
    expect(toolIn(await listModern(gateway))).toBe('modern');
    expect(upstream.received[0]?.body.toString()).toBe(JSON.stringify(LIST.message));
    expect(toolIn((await listLegacy(gateway)).listed)).toBe('legacy');
    expect(since()).toEqual(['tools/list', 'initialize', 'notifications/initialized', 'tools/list']);
  });

  test('that is down is an outage in either era, and works when it is up [bridge-finds-the-era]', async () => {
    const { gateway, upstream } = await gatewayTo(serverOf({ eras: 'legacy' }));
    const { url } = upstream;
    gateway.servers.set('files', 'http://127.0.0.1:9/mcp');
    for (const answer of [await listModern(gateway), await call(gateway, 'files', INITIALIZE)]) {
      expect([answer.status, errorOf(answer).data?.code]).toEqual([502, 'upstream-unreachable']);
    }
    gateway.servers.set('files', url);
    expect(toolIn(await listModern(gateway))).toBe('legacy');
  });

  test.each([
    ['modern', 400, ['tools/list', 'server/discover', 'initialize', 'GET']],
    ['modern', 404, ['tools/list', 'server/discover', 'initialize', 'GET']],
    ['legacy', 400, ['initialize', 'initialize', 'server/discover', 'GET']],
    ['modern', 401, ['tools/list']],
    ['modern', 403, ['tools/list']],
    ['modern', 429, ['tools/list']],
    ['modern', 500, ['tools/list']],
  ] as const)(
    'that refuses everything gives a %s client its refusal with status %i, and gets %j [bridge-finds-the-era]',
    async (era, status, requests) => {
      const { gateway, upstream } = await gatewayTo((res) => refuse(res, -32_050, 'not on a Sunday', status));
      const answer = era === 'modern' ? await listModern(gateway) : await call(gateway, 'files', INITIALIZE);
      expect(methodsOf(upstream.received)).toEqual(requests);
      // The first one is the client's own, with every byte of it; it comes once.
      const own = JSON.stringify(era === 'modern' ? LIST.message : INITIALIZE);
      expect(upstream.received[0]?.body.toString()).toBe(own);
      if (status === 400 || status === 404) {
        expect([answer.status, errorOf(answer)]).toMatchObject([status, { code: -32_050, message: 'not on a Sunday' }]);
      } else expect(answer.status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe('a server over HTTP that changes its era', () => {
  test.each([
    ['legacy', 'modern'],
    ['modern', 'legacy'],
  ])('from %s to %s serves clients of both eras again after ten minutes [bridge-finds-the-era]', async (from, to) => {
    const speaks = { eras: from };
    const { gateway } = await gatewayTo(serverOf(speaks));
    expect(toolIn(await listModern(gateway))).toBe(from);
    expect(toolIn((await listLegacy(gateway)).listed)).toBe(from);
    speaks.eras = to;
    // What was found out still counts, and the client gets the refusal of the server.
    expect((await listModern(gateway)).status).toBe(400);
    gateway.advance(10 * 60_000);
    expect(toolIn(await listModern(gateway))).toBe(to);
    expect(toolIn((await listLegacy(gateway)).listed)).toBe(to);
  });
});
