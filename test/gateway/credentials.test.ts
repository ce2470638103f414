import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import type { ServerSecrets } from '../../src/vault/serverSecrets.ts';
import type { Upstream } from '../proxy/upstream.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient, processesOf, SHARED_SERVER } from './stdio/world.ts';
import { startHttpTokenServer, startSseTokenServer, TOKEN_HEADER } from './tokenServers.ts';

interface Key {
  readonly id: string;
  readonly apiKey: string;
}

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let http: Upstream;
/** Two keys with credentials of their own, and one without. */
let keys: { readonly a: Key; readonly b: Key; readonly plain: Key };

beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  http = setUp.use(await startHttpTokenServer());
  const sse = setUp.use(await startSseTokenServer());
  gateway = setUp.use(await startTestGateway());
  keys = { a: await gateway.createKey(), b: await gateway.createKey(), plain: await gateway.createKey() };
  await gateway.addServer('http', http.url, { 'X-Token': 'server' });
  await gateway.stores.servers.register(
    'sse',
    {
      settings: { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.sseUrl },
      secrets: { headers: { 'X-Token': 'server' }, env: {} },
    },
    TEST_CONTEXT,
  );
  for (const server of ['http', 'sse']) {
    await give(keys.a, server, { 'x-token': 'a' });
    await give(keys.b, server, { 'X-TOKEN': 'b' });
  }
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

/** Gives a key all that it has of its own for a server. */
function give({ id }: Key, server: string, headers: ServerSecrets['headers'], env: ServerSecrets['env'] = {}) {
  return gateway.stores.credentials.change(id, server, () => ({ secrets: { headers, env } }), TEST_CONTEXT);
}

async function connect(server: string, { apiKey }: Key): Promise<EndpointClient> {
  const client = new EndpointClient(gateway, server, apiKey);
  expect(await client.initialize()).toMatchObject({ status: 200 });
  return client;
}

/** The token that the server sees in a call. */
async function tokenOf(client: EndpointClient, name = 'any'): Promise<unknown> {
  const { body } = await client.legacy('tools/call', { name, arguments: {} });
  return body.result?.content?.[0]?.text ?? body.error;
}

async function toolsOf(client: EndpointClient): Promise<unknown> {
  const { body } = await client.legacy('tools/list');
  return body.result?.tools?.map((tool) => (tool as { name: string }).name) ?? body.error;
}

describe('a server gets the headers of the key that calls', () => {
  test.each(['http', 'sse'])('over %s, in sessions of several keys at once [auth-key-credentials]', async (server) => {
    const { a, b, plain } = keys;
    const clients = await Promise.all([a, plain, b].map((key) => connect(server, key)));
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all(clients.map((client) => tokenOf(client)))).toEqual(['a', 'server', 'b']);
      expect(await Promise.all(clients.map(toolsOf))).toEqual([['of-a'], ['of-server'], ['of-b']]);
    }
  });

  test('through the aggregate: no list of one key shows to another, and calls go as bytes or as messages [auth-key-credentials]', async () => {
    const named = (key: Key) => new EndpointClient(gateway, '?servers=http,sse', key.apiKey);
    const clients = [keys.plain, keys.a, keys.b].map(named);
    for (const client of clients) expect(await client.initialize()).toMatchObject({ status: 200 });
    for (let round = 0; round < 2; round++) {
      expect(await Promise.all(clients.map(toolsOf))).toEqual([
        ['http__of-server', 'sse__of-server'],
        ['http__of-a', 'sse__of-a'],
        ['http__of-b', 'sse__of-b'],
      ]);
      for (const [n, token] of ['server', 'a', 'b'].entries()) {
        const client = clients[n]!;
        expect(await tokenOf(client, `http__of-${token}`)).toBe(token);
        expect(await tokenOf(client, `sse__of-${token}`)).toBe(token);
      }
    }
  });

  test('over REST [auth-key-credentials]', async () => {
    const names = async ({ apiKey }: Key) => {
      const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/http/tools`, { headers: { 'x-api-key': apiKey } });
      return ((await answer.json()) as { items: { name: string }[] }).items.map(({ name }) => name);
    };
    expect(await Promise.all([keys.a, keys.plain, keys.b].map(names))).toEqual([['of-a'], ['of-server'], ['of-b']]);
  });

  test('in no request of another key, and no connection carries two of them [auth-key-credentials]', () => {
    const seen = new Set(http.received.map(({ headers }) => headers[TOKEN_HEADER]));
    expect(seen).toEqual(new Set(['a', 'b', 'server']));
    for (const { rawHeaders } of http.received) {
      expect(rawHeaders.filter((name) => name.toLowerCase() === TOKEN_HEADER)).toHaveLength(1);
    }
  });
});

describe('a program runs with the variables of the key that calls', () => {
  test.each(['shared', 'key', 'session'] as const)(
    'in a process of its own, whatever its isolation (%s) [auth-key-credentials]',
    async (isolation) => {
      const name = `program-${isolation}`;
      await addProgram(gateway, name, { isolation, env: { TOKEN: '1', OTHER: 'x' } });
      await give(keys.a, name, {}, { TOKEN: '22' });
      await give(keys.b, name, {}, { TOKEN: '333' });
      const other = await gateway.createKey();
      const clients = await Promise.all([keys.a, keys.b, keys.plain, other].map((key) => connect(name, key)));
      const seen = await Promise.all(clients.map((client) => client.who()));
      expect(seen.map(({ token }) => token)).toEqual([2, 3, 1, 1]);
      expect(seen[0]?.variables).toContain('OTHER');
      // Who has nothing of its own shares as it is configured.
      expect(new Set(seen.map(({ pid }) => pid)).size).toBe(isolation === 'shared' ? 3 : 4);
      await Promise.all(clients.map((client) => client.end()));
    },
  );

  test('and a program that does not start for one key starts for the others', async () => {
    await addProgram(gateway, 'picky', {
      command: '/bin/sh',
      args: ['-c', '[ "$BAD" != 1 ] && exec "$0" "$@"', process.execPath, SHARED_SERVER],
    });
    await give(keys.a, 'picky', {}, { BAD: '1' });
    const failing = new EndpointClient(gateway, 'picky', keys.a.apiKey);
    for (let n = 0; n < 3; n++) expect((await failing.initialize()).status).toBeGreaterThanOrEqual(400);
    await (await connect('picky', keys.plain)).end();
  });
});

describe('a credential that is changed', () => {
  let key: Key;
  let other: Key;
  beforeAll(async () => {
    [key, other] = [await gateway.createKey(), await gateway.createKey()];
    await give(key, 'http', { 'x-token': 'one' });
    await give(key, 'sse', { 'x-token': 'one' });
  });

  test.each(['http', 'sse'])(
    'cuts the streams and ends the sessions of its key only (%s) [auth-key-credentials]',
    async (server) => {
      const [client, bystander] = await Promise.all([key, other].map((each) => connect(server, each)));
      const stop = new AbortController();
      const cut = whenEnded(await client!.listen(stop.signal));
      const goesOn = whenEnded(await bystander!.listen(stop.signal));
      let hasEnded = false;
      void goesOn.then(() => (hasEnded = true));
      const token = `two-${server}`;
      const result = await give(key, server, { 'x-token': token });
      expect(result).toMatchObject({ headers: ['x-token'], env: [], changed: true, unconfirmed: [] });
      await cut;
      // Begun with what the key had before: the client begins anew.
      expect(await client!.legacy('tools/list')).toMatchObject({ status: 404 });
      expect(await tokenOf(await connect(server, key))).toBe(token);
      expect(await tokenOf(bystander!)).toBe('server');
      expect(hasEnded).toBe(false);
      stop.abort();
      await goesOn;
    },
  );

  test('ends the processes that run with it, and no others', async () => {
    await addProgram(gateway, 'running', { isolation: 'shared', env: { TOKEN: '1' } });
    await give(key, 'running', {}, { TOKEN: '22' });
    const [own, shared] = await Promise.all([key, other].map((each) => connect('running', each)));
    const before = await own!.who();
    const bystander = await shared!.who();
    await give(key, 'running', {}, { TOKEN: '333' });
    await expect.poll(() => processesOf('running')).toEqual([bystander.pid]);
    const again = await (await connect('running', key)).who();
    expect(again).toMatchObject({ token: 3 });
    expect(again.pid).not.toBe(before.pid);
    expect(await shared!.who()).toMatchObject({ pid: bystander.pid, token: 1 });
  });

  test('shows in the aggregate, whose other conversations go on', async () => {
    const client = new EndpointClient(gateway, '?servers=http', key.apiKey);
    await client.initialize();
    await give(key, 'http', { 'x-token': 'three' });
    await expect.poll(() => toolsOf(client)).toEqual(['http__of-three']);
    expect(await tokenOf(client, 'http__of-three')).toBe('three');
    await give(key, 'http', {});
    await expect.poll(() => toolsOf(client)).toEqual(['http__of-server']);
    expect(await tokenOf(client, 'http__of-server')).toBe('server');
  });

  test('changes nothing when it is the same, and nothing is cut', async () => {
    await give(key, 'http', { 'x-token': 'same' });
    const client = await connect('http', key);
    expect(await give(key, 'http', { 'x-token': 'same' })).toMatchObject({ changed: false });
    const { scopes, grants } = { scopes: ['mcp' as const], grants: ['*'] };
    await gateway.stores.keys.changeAccess(key.id, () => ({ scopes, grants }), TEST_CONTEXT);
    expect(await tokenOf(client)).toBe('same');
  });
});

describe('a credential is good for its key and its server alone', () => {
  test('a rotation hands it to the successor, and the key before it keeps it within the grace [auth-key-credentials]', async () => {
    const key = await gateway.createKey();
    await give(key, 'http', { 'x-token': 'handed-on' });
    const successor = await gateway.stores.keys.rotate(key.id, 60_000, TEST_CONTEXT);
    expect(await tokenOf(await connect('http', successor))).toBe('handed-on');
    expect(await tokenOf(await connect('http', key))).toBe('handed-on');
    await give(successor, 'http', { 'x-token': 'own' });
    await gateway.stores.keys.remove(key.id, undefined, TEST_CONTEXT);
    expect(await tokenOf(await connect('http', successor))).toBe('own');
  });

  test('a server of the same name that is registered anew gets nothing of it [auth-key-credentials]', async () => {
    const key = await gateway.createKey();
    await gateway.addServer('again', http.url, { 'x-token': 'first' });
    await give(key, 'again', { 'x-token': 'old' });
    expect(await tokenOf(await connect('again', key))).toBe('old');
    await gateway.stores.servers.remove('again', undefined, TEST_CONTEXT);
    await gateway.addServer('again', http.url, { 'x-token': 'second' });
    expect(await tokenOf(await connect('again', key))).toBe('second');
    await gateway.stores.credentials.change(
      key.id,
      'again',
      (current) => {
        expect(current).toEqual({ headers: {}, env: {} });
        return { secrets: { headers: { 'x-token': 'new' }, env: {} } };
      },
      TEST_CONTEXT,
    );
    expect(await tokenOf(await connect('again', key))).toBe('new');
  });

  test('a server that moves does not get it, and is not reached in the name of others until it is given anew [auth-secrets-stay]', async () => {
    const key = await gateway.createKey();
    await gateway.addServer('moving', http.url);
    await give(key, 'moving', { 'x-token': 'mine', 'x-more': 'mine' });
    const client = new EndpointClient(gateway, '?servers=moving', key.apiKey);
    await client.initialize();
    expect(await toolsOf(client)).toEqual(['moving__of-mine']);
    const url = http.url.replace('/mcp', '/elsewhere');
    const move = (to: string) =>
      gateway.stores.servers.update(
        'moving',
        ({ settings, secrets }) => ({ settings: { ...settings, url: to }, secrets }),
        TEST_CONTEXT,
      );
    await move(url);
    const sent = http.received.length;
    expect(await new EndpointClient(gateway, 'moving', key.apiKey).initialize()).toMatchObject({
      status: 503,
      body: { error: { data: { code: 'credential-outdated' } } },
    });
    expect(await toolsOf(client)).toEqual([]);
    const rest = await fetch(`${gateway.url}/api/v1/mcp/servers/moving/tools`, {
      headers: { 'x-api-key': key.apiKey },
    });
    expect([rest.status, await rest.json()]).toMatchObject([503, { code: 'credential-outdated' }]);
    expect(http.received).toHaveLength(sent);
    // What is kept would go where it was not given for.
    const half = gateway.stores.credentials.change(
      key.id,
      'moving',
      ({ headers, env }) => ({ secrets: { headers: { ...headers, 'x-token': 'new' }, env } }),
      TEST_CONTEXT,
    );
    await expect(half).rejects.toMatchObject({ code: 'server-secrets-needed', data: { headers: ['x-more'] } });
    await give(key, 'moving', { 'x-token': 'new' });
    expect(await tokenOf(await connect('moving', key))).toBe('new');
    await expect.poll(() => toolsOf(client)).toEqual(['moving__of-new']);
    // The query is no address.
    await move(`${url}?v=2`);
    expect(await tokenOf(await connect('moving', key))).toBe('new');
  });

  test('it is there again when the gateway is restarted, and when the tables are rebuilt', async () => {
    const key = await gateway.createKey();
    await give(key, 'http', { 'x-token': 'kept' });
    await gateway.stores.projections.rebuild({ acceptLoss: false });
    await gateway.restart();
    expect(await tokenOf(await connect('http', key))).toBe('kept');
    expect(await gateway.stores.audit.verify()).toMatchObject({ ok: true });
  });
});

async function whenEnded(stream: ReadableStream<Uint8Array>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch {
    // Cut is ended, too.
  }
}
