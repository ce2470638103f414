import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi, type FollowedEvent } from './documentedApi.ts';

const EVENTS = '/api/v1/events';
/** A slow machine must not fail a test. */
const PATIENT = { timeout: 60_000 };

let gateway: TestGateway;
let api: DocumentedApi;
let calculator: Awaited<ReturnType<typeof startBackendServer1>>;
let watcher: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  calculator = await startBackendServer1({ port: 0 });
  await gateway.addServer('calculator', calculator.url);
  await gateway.addServer('nowhere', 'http://127.0.0.1:9/mcp');
  watcher = (await gateway.createKey({ scopes: ['events:read'], grants: [] })).apiKey;
});
afterAll(async () => {
  await calculator[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

async function run(credential: string, tool = 'add', server = 'calculator'): Promise<number> {
  const answer = await fetch(`${gateway.url}/mcp/${server}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: { a: 1, b: 2 } },
    }),
  });
  await answer.text();
  return answer.status;
}

const types = (events: readonly FollowedEvent[]) => events.map(({ type }) => type);

describe('the live feed', () => {
  it('tells of calls, errors, servers and changes, by whomever, to a key with events:read [feed-events] [feed-grants]', async () => {
    const { id, apiKey } = await gateway.createKey();
    await using feed = await api.follow(EVENTS, { credential: watcher });
    expect(feed.headers.get('content-type')).toBe('application/x-ndjson');
    await run(apiKey);
    const [started, executed] = await feed.until('mcp_tool_executed');
    expect([started, executed]).toMatchObject([
      { type: 'mcp_server_started', server: 'calculator', data: { reason: 'answered' } },
      {
        server: 'calculator',
        key: id,
        data: { tool: 'add', outcome: 'ok', status: 200, bytes_out: expect.any(Number) },
      },
    ]);
    await run(apiKey, 'add', 'nowhere');
    expect(await feed.until('error')).toMatchObject([
      { type: 'mcp_server_stopped', server: 'nowhere', data: { reason: 'upstream-unreachable' } },
      { type: 'mcp_tool_executed', server: 'nowhere', data: { outcome: 'upstream-unreachable', error: 'upstream' } },
      { type: 'error', server: 'nowhere', key: id, data: { code: 'upstream-unreachable', tool: 'add' } },
    ]);
    await fetch(`${gateway.url}${EVENTS.replace('events', 'mcp/servers')}/calculator/tools`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect((await feed.until('mcp_message')).at(-1)).toMatchObject({ key: id, data: { method: 'tools/list' } });
    // As the CLI does it: in another program's stores.
    await gateway.stores.keys.inactivate(id, undefined, TEST_CONTEXT);
    expect((await feed.until('key_changed')).at(-1)).toMatchObject({ key: id });
    await gateway.stores.servers.disable('calculator', undefined, TEST_CONTEXT);
    expect(types([...(await feed.until('server_changed'))])).toContain('server_changed');
    await gateway.stores.servers.enable('calculator', undefined, TEST_CONTEXT);
  });

  it('shows a key its own traffic, itself and its servers, and nothing else [feed-grants]', async () => {
    const own = await gateway.createKey({ grants: ['calculator'] });
    const other = await gateway.createKey();
    await using all = await api.follow(EVENTS, { credential: watcher });
    await using feed = await api.follow(EVENTS, { credential: own.apiKey });
    await run(other.apiKey);
    await run(other.apiKey, 'add', 'nowhere');
    await gateway.stores.servers.update(
      'nowhere',
      ({ settings, secrets }) => ({ settings: { ...settings, title: 'Nowhere' }, secrets }),
      TEST_CONTEXT,
    );
    await gateway.stores.keys.inactivate(other.id, undefined, TEST_CONTEXT);
    await gateway.stores.servers.disable('calculator', undefined, TEST_CONTEXT);
    await gateway.stores.servers.enable('calculator', undefined, TEST_CONTEXT);
    await run(own.apiKey, 'echo');
    const seen = await feed.until('mcp_tool_executed');
    expect(seen.filter(({ key }) => key !== undefined && key !== own.id)).toEqual([]);
    expect(seen.filter(({ server }) => server === 'nowhere')).toEqual([]);
    expect(types(seen)).toContain('server_changed');
    expect(seen.at(-1)).toMatchObject({ key: own.id, data: { tool: 'echo' } });
    // The others did happen.
    const everything = await all.until('key_changed');
    expect(everything.map(({ server }) => server)).toContain('nowhere');
    expect(everything.at(-1)?.key).toBe(other.id);
  });

  it('has what was asked for only: types, one server [feed-filters]', async () => {
    const { apiKey } = await gateway.createKey();
    await using byType = await api.follow(`${EVENTS}?types=error,key_changed&types=mcp_message`, {
      credential: watcher,
    });
    await using byServer = await api.follow(`${EVENTS}?server=nowhere`, { credential: watcher });
    await run(apiKey);
    await run(apiKey, 'add', 'nowhere');
    expect(types(await byType.until('error'))).toEqual(['error']);
    expect(new Set((await byServer.until('error')).map(({ server }) => server))).toEqual(new Set(['nowhere']));
    for (const query of ['types=weather', 'server=Bad%20Name', 'include_system=maybe']) {
      const refused = await api.call('GET', `${EVENTS}?${query}`, { credential: watcher });
      expect([refused.status, refused.body.code]).toEqual([400, 'request-invalid']);
    }
  });

  it('begins at once, and is neither kept nor held back on its way [feed-formats]', async () => {
    await using feed = await api.follow(EVENTS, { credential: watcher });
    expect(feed.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(feed.headers.get('x-accel-buffering')).toBe('no');
    const reading = feed.next();
    await expect
      .poll(() => feed.text)
      .toMatch(/^\{"id":"[0-9a-f]{8}-\d+","at":"20[^"]+","type":"heartbeat","data":\{\}\}\n$/);
    await run((await gateway.createKey()).apiKey);
    expect(await reading).toBeDefined();
  });

  it('has a head for those who ask for that alone [feed-formats]', async () => {
    const headers = { authorization: `Bearer ${watcher}` };
    const answer = await fetch(gateway.url + EVENTS, { method: 'HEAD', headers });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'application/x-ndjson',
      '',
    ]);
  });

  it('is an event stream for those who ask for one, with ids and comments [feed-formats]', async () => {
    const { apiKey } = await gateway.createKey();
    await using feed = await api.follow(EVENTS, { credential: watcher, headers: { accept: 'text/event-stream' } });
    expect(feed.headers.get('content-type')).toBe('text/event-stream');
    await run(apiKey);
    const executed = (await feed.until('mcp_tool_executed')).at(-1);
    expect(feed.text).toMatch(/^: alive\n\n/);
    expect(feed.text).toContain(`\nid: ${executed?.id}\nevent: mcp_tool_executed\ndata: {"id":"${executed?.id}"`);
  });

  it('tells every 5 s how the gateway is, when asked [feed-health]', async () => {
    await using feed = await api.follow(`${EVENTS}/health`, { credential: watcher });
    const [first] = await feed.until('system_health');
    const [second] = await feed.until('system_health');
    expect([first, second]).toMatchObject([
      { data: { status: 'up', ready: { calls: true, changes: true }, parts: { database: { status: 'up' } } } },
      { data: { status: 'up' } },
    ]);
    expect(second?.id).not.toBe(first?.id);
    await using mixed = await api.follow(`${EVENTS}?types=error&include_system=true`, { credential: watcher });
    expect(types(await mixed.until('system_health'))).toEqual(['system_health']);
  });
});

describe('the feed of a key', () => {
  const ways: Record<string, (id: string) => Promise<unknown>> = {
    inactivated: (id) => gateway.stores.keys.inactivate(id, 'test', TEST_CONTEXT),
    deleted: (id) => gateway.stores.keys.remove(id, 'test', TEST_CONTEXT),
    'deprived of the scope': (id) =>
      gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['*'] }), TEST_CONTEXT),
  };
  it.each(Object.keys(ways))('that was %s ends with the reason [feed-revocation]', async (way) => {
    const { id, apiKey } = await gateway.createKey({ scopes: ['mcp', 'events:read'] });
    await using byKey = await api.follow(`${EVENTS}?types=error`, { credential: apiKey });
    await using byToken = await api.follow(`${EVENTS}/health`, { credential: await gateway.token(apiKey) });
    await ways[way]!(id);
    for (const feed of [byKey, byToken]) {
      const last = (await feed.until('error')).at(-1);
      expect(last?.data['code']).toMatch(/^key-(revoked|access-changed)$/);
      expect(await feed.next()).toBeUndefined();
    }
  });

  it('follows its grants while it is open [feed-revocation] [feed-grants]', async () => {
    const { id, apiKey } = await gateway.createKey({ grants: ['calculator'] });
    await using feed = await api.follow(EVENTS, { credential: apiKey });
    await gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['nowhere'] }), TEST_CONTEXT);
    await feed.until('key_changed');
    await gateway.stores.servers.disable('calculator', undefined, TEST_CONTEXT);
    await gateway.stores.servers.enable('calculator', undefined, TEST_CONTEXT);
    await gateway.stores.servers.disable('nowhere', undefined, TEST_CONTEXT);
    expect((await feed.until('server_changed')).at(-1)?.server).toBe('nowhere');
    await gateway.stores.servers.enable('nowhere', undefined, TEST_CONTEXT);
  });

  it('is one of 20 at most, and one that was left makes room [feed-clean-up]', async () => {
    const { apiKey } = await gateway.createKey();
    const open = () => api.follow(EVENTS, { credential: apiKey });
    const feeds = await Promise.all(Array.from({ length: 20 }, open));
    const refused = await api.call('GET', EVENTS, { credential: apiKey });
    expect([refused.status, refused.body.code]).toEqual([429, 'too-many-feeds']);
    await feeds[0]?.[Symbol.asyncDispose]();
    const status = async () => {
      const cancel = new AbortController();
      const answer = await fetch(gateway.url + EVENTS, {
        headers: { authorization: `Bearer ${apiKey}` },
        signal: cancel.signal,
      });
      cancel.abort();
      return answer.status;
    };
    await expect.poll(status, PATIENT).toBe(200);
    for (const feed of feeds) await feed[Symbol.asyncDispose]();
  });
});

it('a system token opens the feed, and nothing else [feed-system]', async () => {
  const tokens = createSystemTokens({ secrets: gateway.stores.tokenSecrets, clock: Date.now });
  const token = await tokens.issue();
  await using feed = await api.follow(EVENTS, { credential: token });
  const { id } = await gateway.createKey();
  expect((await feed.until('key_changed')).at(-1)?.key).toBe(id);
  for (const path of ['/api/v1/keys', '/api/v1/usage', '/api/v1/mcp/servers']) {
    expect((await api.call('GET', path, { credential: token })).status).toBe(401);
  }
  expect(await run(token)).toBe(401);
  const expired = await createSystemTokens({
    secrets: gateway.stores.tokenSecrets,
    clock: () => Date.now() - 61_000,
  }).issue();
  expect((await api.call('GET', EVENTS, { credential: expired })).status).toBe(401);
});

it('a gateway that stops ends its feeds, with the reason, and waits for no reader [feed-drain]', async () => {
  const own = await startTestGateway();
  const { apiKey } = await own.createKey();
  const feed = await (await documentedApi(own.url)).follow(EVENTS, { credential: apiKey });
  // One that never reads.
  const silent = connect(Number(new URL(own.url).port), '127.0.0.1');
  silent.on('error', () => undefined);
  silent.write(`GET ${EVENTS} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${apiKey}\r\n\r\n`);
  await once(silent, 'readable');
  await own[Symbol.asyncDispose]();
  expect((await feed.until('error')).at(-1)?.data).toEqual({ code: 'gateway-stopping' });
  expect(await feed.next()).toBeUndefined();
  silent.destroy();
});
