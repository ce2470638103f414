import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import { echoJson, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();
const NARROW = { authorization: 'Bearer narrow' };

async function narrow(answer: Answer = echoJson): Promise<Setup> {
  const setup = await gatewayTo(answer);
  setup.gateway.keys.add('narrow', { grants: ['files:read_*'] });
  return setup;
}

describe('everything else of a key with tool grants', () => {
  test.for([
    ['resources/read', { uri: 'file:///etc/passwd' }, -32_002, -32_602],
    ['resources/subscribe', { uri: 'file:///x' }, -32_002, -32_601],
    ['resources/unsubscribe', { uri: 'file:///x' }, -32_002, -32_601],
    ['prompts/get', { name: 'p' }, -32_602, -32_602],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, -32_601, -32_601],
    ['tasks/list', {}, -32_601, -32_601],
    ['vendor/anything', {}, -32_601, -32_601],
  ] as const)('%s is as if nothing were there', async ([method, params, legacy, modernCode]) => {
    const { gateway, upstream } = await narrow();
    const old = await call(gateway, 'files', { ...LIST, method, params }, NARROW);
    expect(old.status).toBe(200);
    expect(errorOf(old)).toMatchObject({ id: 1, code: legacy });
    const { message, headers } = modern(method, params);
    const answered = await call(gateway, 'files', message, { ...headers, ...NARROW });
    expect(errorOf(answered)).toMatchObject({ id: 1, code: modernCode });
    expect(answered.status).toBe(modernCode === -32_601 ? 404 : 200);
    expect(upstream.received).toHaveLength(0);
  });

  test('resources can’t be watched, in no spelling', async () => {
    const { gateway, upstream } = await narrow();
    for (const name of ['resourceSubscriptions', 'ResourceSubscriptions']) {
      const { message, headers } = modern('subscriptions/listen', { notifications: { [name]: ['file:///x'] } });
      expect(errorOf(await call(gateway, 'files', message, { ...headers, ...NARROW }))).toMatchObject({
        code: -32_602,
      });
    }
    expect(upstream.received).toHaveLength(0);
  });

  test.for([[], null])('to watch no resources (%j) is no reason to watch nothing', async (none) => {
    const { gateway, upstream } = await narrow();
    const notifications = { toolsListChanged: true, resourceSubscriptions: none };
    const { message, headers } = modern('subscriptions/listen', { notifications });
    expect((await call(gateway, 'files', message, { ...headers, ...NARROW })).status).toBe(200);
    expect(upstream.received).toHaveLength(1);
  });

  test.for(['initialize', 'ping', 'logging/setLevel', 'tools/list'])('%s reaches the server', async (method) => {
    const { gateway, upstream } = await narrow();
    expect((await call(gateway, 'files', { ...LIST, method }, NARROW)).status).toBe(200);
    expect(upstream.received).toHaveLength(1);
  });

  // MCP 2026-07-28, "Key changes": what the stateless revision has no more.
  test.for(['initialize', 'ping', 'logging/setLevel', 'tasks/list', 'roots/list'])(
    '%s is unknown in the modern era, as to a server that offers nothing but tools',
    async (method) => {
      const { gateway, upstream } = await narrow();
      const { message, headers } = modern(method);
      const answered = await call(gateway, 'files', message, { ...headers, ...NARROW });
      expect(answered.status).toBe(404);
      expect(errorOf(answered)).toEqual({ id: 1, code: -32_601, message: 'Method not found', data: undefined });
      expect(upstream.received).toHaveLength(0);
    },
  );

  test.for(['notifications/roots/list_changed', 'notifications/initialized'])(
    '%s of the modern era is accepted and goes nowhere',
    async (method) => {
      const { gateway, upstream } = await narrow();
      const { message, headers } = modern(method);
      const { id: _, ...notification } = message;
      expect((await call(gateway, 'files', notification, { ...headers, ...NARROW })).status).toBe(202);
      expect(upstream.received).toHaveLength(0);
    },
  );

  const CAPABILITIES =
    '{"prompts":{"listChanged":true}, "tools":{"listChanged":true} , "resources":{},"completions":{},"logging":{}, "extensions":{"io.modelcontextprotocol/skills":{}, "x/y":{}}, "x":1.0}';

  test.for(['initialize', 'server/discover'])('%s offers nothing but tools', async (method) => {
    const offer = (capabilities: string) => `{"jsonrpc":"2.0","id":1,"result":{"capabilities":${capabilities}}}`;
    const { gateway } = await narrow((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(offer(CAPABILITIES)),
    );
    const { message, headers } =
      method === 'initialize' ? { message: { ...LIST, method }, headers: {} } : modern(method);
    const answered = await call(gateway, 'files', message, { ...headers, ...NARROW });
    expect(answered.text).toBe(
      offer('{ "tools":{"listChanged":true},"logging":{}, "extensions":{ "x/y":{}}, "x":1.0}'),
    );
    expect((await call(gateway, 'files', message, headers)).text).toBe(offer(CAPABILITIES));
  });

  test('a stream tells of tools and of nothing beside them', async () => {
    const notify = (method: string, params = {}) => `data: ${JSON.stringify({ jsonrpc: '2.0', method, params })}\n\n`;
    const notifications = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const { gateway } = await narrow((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write(notify('notifications/subscriptions/acknowledged', { notifications }));
      for (const list of ['prompts', 'resources', 'tools']) res.write(notify(`notifications/${list}/list_changed`));
      res.end(notify('notifications/resources/updated', { uri: 'file:///secret' }));
    });
    const { message, headers } = modern('subscriptions/listen', { notifications });
    const streams = [
      await call(gateway, 'files', message, { ...headers, ...NARROW }),
      await ask(gateway, '/mcp/files', { headers: NARROW }),
    ];
    expect(messagesOf(streams[0]?.text ?? '').slice(0, 2)).toEqual([
      expect.objectContaining({ params: { notifications: { toolsListChanged: true } } }),
      expect.objectContaining({ method: 'notifications/tools/list_changed' }),
    ]);
    for (const { text } of streams) expect(text).not.toMatch(/secret|(prompts|resources)\/list_changed/);
  });

  test('an unknown notification is accepted and goes nowhere', async () => {
    const { gateway, upstream } = await narrow();
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', method: 'notifications/vendor' }, NARROW);
    expect(answered.status).toBe(202);
    expect(upstream.received).toHaveLength(0);
  });
});
