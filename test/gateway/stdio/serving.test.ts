import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../../support/testGateway.ts';
import { addProgram, EndpointClient, processesOf } from './world.ts';

let gateway: TestGateway;
let apiKey: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ apiKey } = await gateway.createKey());
});
afterAll(() => gateway[Symbol.asyncDispose]());

const client = (server: string, key = apiKey) => new EndpointClient(gateway, server, key);

interface RestBody {
  readonly items?: readonly { readonly name: string }[];
  readonly content?: readonly { readonly text: string }[];
}

const whoIn = ({ content }: RestBody): unknown => JSON.parse(content?.[0]?.text ?? '{}');

async function rest(path: string, body?: object): Promise<{ status: number; body: RestBody }> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
  });
  return { status: answer.status, body: (await answer.json()) as RestBody };
}

describe('a server on stdio', () => {
  test('of the legacy era serves legacy clients, over MCP and REST [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'legacy', { cwd: '/tmp', env: { TOKEN: 'very-secret-token' } });
    const legacy = client('legacy');
    expect(await legacy.initialize()).toMatchObject({
      status: 200,
      body: { result: { protocolVersion: '2025-11-25', serverInfo: { name: 'shared' } } },
    });
    const { cwd, token, variables } = await legacy.who();
    expect({ cwd, token }).toEqual({ cwd: '/tmp', token: 17 });
    // Of the gateway's own environment it has nothing that is its business.
    expect(variables.filter((name) => /DATABASE|JWT|ENCRYPTION|METAMCP_HOME|VITEST|npm_/i.test(name))).toEqual([]);
    const { body: tools } = await rest('legacy/tools');
    expect(tools.items?.map(({ name }) => name)).toContain('who');
    const { status, body } = await rest('legacy/tools/who/execute', {});
    expect(status).toBe(200);
    expect(whoIn(body)).toMatchObject({ cwd: '/tmp' });
    await legacy.end();
  });

  test('of the modern era serves modern clients, over MCP and REST [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'modern', { args: ['modern'] });
    const modern = client('modern');
    const { pid } = await modern.who('modern');
    expect(await modern.who('modern')).toMatchObject({ pid });
    const { body } = await rest('modern/tools/who/execute', {});
    // Neither has a session: they share the process of their key.
    expect(whoIn(body)).toMatchObject({ pid });
  });

  test('of both eras serves each client in its own [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'both', { args: ['both'], isolation: 'shared' });
    const legacy = client('both');
    await legacy.initialize();
    expect(await legacy.who()).toHaveProperty('pid');
    expect(await client('both').who('modern')).toHaveProperty('pid');
  });

  test('is one of those behind /mcp, and shares its process as it is configured [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'joined', { isolation: 'shared' });
    const [all, one] = [client('?servers=joined'), client('joined')];
    await Promise.all([all.initialize(), one.initialize()]);
    const { pid } = await one.who();
    expect(await all.who('legacy', 'joined__who')).toMatchObject({ pid });
    expect(processesOf('joined')).toEqual([pid]);
  });

  test('of one era serves clients of the other one by the same process [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'one-era', { isolation: 'shared' });
    expect((await client('one-era').modern('tools/list')).body).toMatchObject({
      result: { resultType: 'complete', tools: expect.any(Array) },
    });
    const legacy = client('one-era');
    await legacy.initialize();
    const { pid } = await legacy.who();
    expect(processesOf('one-era')).toEqual([pid]);
  });
});

describe('a program', () => {
  test('is of its session alone, and ends with it [proxy-stdio-isolation]', async () => {
    await addProgram(gateway, 'own');
    const [one, two] = [client('own'), client('own')];
    await Promise.all([one.initialize(), two.initialize()]);
    const [first, second] = [await one.who(), await two.who()];
    expect(first.pid).not.toBe(second.pid);
    expect(await one.who()).toMatchObject({ pid: first.pid });
    await one.end();
    await expect.poll(() => processesOf('own'), { timeout: 60_000 }).toEqual([second.pid]);
    expect((await one.legacy('tools/list')).status).toBe(404);
    await two.end();
    await expect.poll(() => processesOf('own'), { timeout: 60_000 }).toEqual([]);
  });

  test('is of a key, and of clients that can do the same [proxy-stdio-isolation]', async () => {
    await addProgram(gateway, 'keyed', { isolation: 'key' });
    const other = await gateway.createKey();
    const clients = [client('keyed'), client('keyed'), client('keyed'), client('keyed', other.apiKey)];
    const capabilities = [{}, {}, { roots: {} }, {}];
    await Promise.all(clients.map((each, n) => each.initialize(capabilities[n])));
    const pids = (await Promise.all(clients.map((each) => each.who()))).map(({ pid }) => pid);
    expect(pids[0]).toBe(pids[1]);
    expect(new Set(pids).size).toBe(3);
    // Another session of the key finds it warm.
    await clients[0]?.end();
    await clients[1]?.end();
    const later = client('keyed');
    await later.initialize();
    expect(await later.who()).toMatchObject({ pid: pids[0] });
    await gateway.stores.keys.inactivate(other.id, undefined, TEST_CONTEXT);
    await expect.poll(() => processesOf('keyed').includes(pids[3] ?? 0), { timeout: 60_000 }).toBe(false);
    expect(await later.who()).toMatchObject({ pid: pids[0] });
  });

  test('is of all who use the server, and each hears what it sends [proxy-stdio-isolation]', async () => {
    await addProgram(gateway, 'shared', { isolation: 'shared' });
    const other = await gateway.createKey();
    const [one, two] = [client('shared'), client('shared', other.apiKey)];
    await Promise.all([one.initialize({ sampling: {} }), two.initialize()]);
    const stop = new AbortController();
    const heard = [one, two].map(async (each) => {
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of await each.listen(stop.signal)) {
        text += decoder.decode(chunk, { stream: true });
        if (text.includes('tools/list_changed')) return;
      }
      throw new Error(text);
    });
    const first = await one.who();
    expect(await two.who()).toMatchObject({ pid: first.pid, capabilities: {} });
    expect(first.capabilities).toEqual({});
    let isOver = false;
    const both = Promise.all(heard).then(() => (isOver = true));
    // Until both listen: a stream that is being opened hears the next one.
    while (!isOver) {
      await two.who('legacy', 'change');
      await Promise.race([both, new Promise((resolve) => setImmediate(resolve))]);
    }
    stop.abort();
    await both;
  });

  test('that has crashed is started again, and its session goes on [proxy-stdio-restart]', async () => {
    await addProgram(gateway, 'crashes', { env: { TOKEN: 'very-secret-token' } });
    const legacy = client('crashes');
    await legacy.initialize();
    const { pid } = await legacy.who();
    const { body } = await legacy.legacy('tools/call', { name: 'crash', arguments: {} });
    expect(body.error).toMatchObject({ message: expect.stringContaining('ended with exit code 3') });
    expect(JSON.stringify(body)).not.toContain('very-secret-token');
    const after = await legacy.who();
    expect(after.pid).not.toBe(pid);
  });

  test('ends when its server is disabled, changed or removed [proxy-stdio-isolation]', async () => {
    await addProgram(gateway, 'changing', { isolation: 'shared' });
    const one = client('changing');
    await one.initialize();
    const { pid } = await one.who();
    await gateway.stores.servers.update(
      'changing',
      ({ settings, secrets }) => ({ settings: { ...settings, args: [...(settings.args ?? []), 'more'] }, secrets }),
      TEST_CONTEXT,
    );
    expect((await one.legacy('tools/list')).status).toBe(404);
    await expect.poll(() => processesOf('changing').includes(pid), { timeout: 60_000 }).toBe(false);
    await one.initialize();
    expect((await one.who()).pid).not.toBe(pid);
    await gateway.stores.servers.disable('changing', undefined, TEST_CONTEXT);
    await expect.poll(() => processesOf('changing'), { timeout: 60_000 }).toEqual([]);
  });

  test('that can’t be started is tried less and less often [proxy-stdio-throttled]', async () => {
    await addProgram(gateway, 'missing', { command: 'no-such-program-here', args: [] });
    const codes: (string | undefined)[] = [];
    for (let n = 0; n < 20; n++) codes.push((await client('missing').initialize()).body.error?.data?.code);
    expect(codes.slice(0, 2)).toEqual(['upstream-command-unusable', 'upstream-command-unusable']);
    expect(codes).toContain('upstream-start-failed');
  });
});
