import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../src/access/grants.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { ask, messagesOf, modern } from './client.ts';
import { fixture } from './fixture.ts';
import type { TestGateway } from './gateway.ts';
import { answerJson, event, legacyServer, methodsOf, STREAM } from './messages/world.ts';
import { parseCall, type Answer, type Upstream } from './upstream.ts';

const { gatewayTo } = fixture();
const OWNER = { keyId: 'key-of-good' };

/** A legacy server whose tools ask for a form, and end with what the user has written. */
function asking(): Answer {
  const waiting = new Map<string, (reply: unknown) => void>();
  const tools = ['pay', 'look'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  const work = legacyServer((res, received) => {
    if (received.method === 'GET') {
      res.writeHead(405).end();
      return;
    }
    const { id, method } = parseCall(received.body);
    if (method === 'tools/list') answerJson(res, { jsonrpc: '2.0', id, result: { tools } });
    if (method !== 'tools/call') return;
    const asked = `ask-${String(waiting.size)}`;
    waiting.set(asked, (got) => res.end(event({ jsonrpc: '2.0', id, result: { content: [], got } })));
    const params = { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } };
    res.writeHead(200, STREAM).write(event({ jsonrpc: '2.0', id: asked, method: 'elicitation/create', params }));
  });
  return (res, received) => {
    if (received.headers['mcp-protocol-version'] === '2026-07-28') {
      res.writeHead(400).end();
      return;
    }
    const reply = received.method === 'POST' ? (JSON.parse(received.body.toString('utf8')) as JsonObject) : {};
    if (reply['method'] === undefined) waiting.get(String(reply['id']))?.(reply['result'] ?? reply['error']);
    work(res, received);
  };
}

interface Got {
  readonly status: number;
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly state: string;
}

/** Calls a tool as a modern client does that can be asked for forms. */
async function callTool(gateway: TestGateway, path: string, params: JsonObject, token = 'good'): Promise<Got> {
  const capabilities = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
  const { message, headers } = modern('tools/call', params, 1, capabilities);
  const answered = await ask(gateway, path, {
    headers: { ...headers, authorization: `Bearer ${token}` },
    body: JSON.stringify(message),
  });
  const isStream = answered.headers['content-type'] === 'text/event-stream';
  const answer = (isStream ? messagesOf(answered.text).at(-1) : JSON.parse(answered.text)) as Omit<
    Got,
    'status' | 'state'
  >;
  return { ...answer, status: answered.status, state: String(answer.result?.['requestState']) };
}

const ACCEPTED = { action: 'accept', content: {} };
const withInput = ({ state }: Got, params: JsonObject): JsonObject => ({
  ...params,
  requestState: state,
  inputResponses: { 'input-1': ACCEPTED },
});

/** What the server was sent in its own era. */
const sent = ({ received }: Upstream) =>
  received.filter(({ headers }) => headers['mcp-protocol-version'] !== '2026-07-28');
const calls = (upstream: Upstream) => methodsOf(sent(upstream)).filter((method) => method === 'tools/call').length;
/** The exchange of the call has ended at the server, or it was sent that the call has. */
const isCancelled = (upstream: Upstream) =>
  sent(upstream).some(
    ({ body, aborted }) =>
      /"notifications\/cancelled"|"error":/.test(body.toString('utf8')) ||
      (aborted && parseCall(body).method === 'tools/call'),
  );
const isAnswered = (upstream: Upstream) =>
  sent(upstream).some(({ body }) => body.toString('utf8').includes('"action":"accept"'));

describe.each([
  { path: '/mcp/files', prefix: '' },
  { path: '/mcp', prefix: 'files__' },
])('a call at $path that waits for its client', ({ path, prefix }) => {
  const params = { name: `${prefix}pay`, arguments: { account: 7 } };

  async function parked() {
    const world = await gatewayTo(asking());
    const first = await callTool(world.gateway, path, params);
    expect(first.result).toMatchObject({ resultType: 'input_required' });
    expect(isCancelled(world.upstream)).toBe(false);
    return { ...world, first };
  }

  test('goes on for its own key, tool and arguments alone, and once [bridge-parked-bound]', async () => {
    const { gateway, upstream, first } = await parked();
    gateway.keys.add('other');
    gateway.servers.set('notes', upstream.url);
    const strange: [string, JsonObject, string][] = [
      [path, params, 'other'],
      ['/mcp/notes', { ...params, name: 'pay' }, 'good'],
      ['/mcp?servers=notes', { ...params, name: 'notes__pay' }, 'good'],
      ['/mcp?servers=files', { ...params, name: 'files__pay' }, path === '/mcp' ? 'good' : 'other'],
      [path, { ...params, name: `${prefix}look` }, 'good'],
      [path, { ...params, arguments: { account: 8 } }, 'good'],
      [path, { name: params.name }, 'good'],
    ];
    for (const [where, what, token] of strange) {
      const got = await callTool(gateway, where, withInput(first, what), token);
      expect(got.error?.code, `${where} ${token}`).toBe(-32_602);
    }
    const forged = { ...first, state: `${first.state.slice(0, -2)}xx` };
    expect((await callTool(gateway, path, withInput(forged, params))).error?.code).toBe(-32_602);
    expect(calls(upstream)).toBe(1);
    expect(isAnswered(upstream)).toBe(false);

    const repeats = await Promise.all([1, 2, 3].map(() => callTool(gateway, path, withInput(first, params))));
    expect(repeats.map(({ error }) => error?.code).sort()).toEqual([-32_602, -32_602, undefined]);
    expect(calls(upstream)).toBe(1);
    expect(isCancelled(upstream)).toBe(false);
  });

  test('takes no member of an object for more than a name [bridge-parked-bound]', async () => {
    const { gateway, upstream, first } = await parked();
    const odd = JSON.parse(
      '{"__proto__":{"input-1":{"action":"accept"}},"constructor":{},"toString":{}}',
    ) as JsonObject;
    const again = await callTool(gateway, path, { ...params, requestState: first.state, inputResponses: odd });
    expect(again.result).toMatchObject({ resultType: 'input_required', inputRequests: { 'input-1': {} } });
    expect(isAnswered(upstream)).toBe(false);
    expect(({} as JsonObject)['input-1']).toBeUndefined();
    expect((await callTool(gateway, path, withInput(again, params))).result).toMatchObject({ got: ACCEPTED });
  });

  test.each<[string, (gateway: TestGateway, upstream: Upstream) => void, number]>([
    ['its key is revoked', ({ keys }) => keys.revoke(OWNER), 401],
    ['its server is disabled', ({ servers }, { url }) => void servers.set('files', url, { enabled: false }), 503],
    ['its server moves', ({ servers }, { url }) => void servers.set('files', `${url}/other`), 200],
    ['its server gets other settings', ({ servers }, { url }) => void servers.set('files', url), 200],
    [
      'the tool is taken from its key',
      ({ keys }) => keys.change(OWNER, { grants: compileGrants(['files:look']) }),
      200,
    ],
  ])('ends at the server when %s, and its repeat is refused [bridge-parked-cut]', async (_what, change, status) => {
    const { gateway, upstream, first } = await parked();
    change(gateway, upstream);
    await expect.poll(() => isCancelled(upstream)).toBe(true);
    const got = await callTool(gateway, path, withInput(first, params));
    expect(got.error).toBeDefined();
    if (status !== 200) expect(got.status).toBe(path === '/mcp' && status === 503 ? got.status : status);
    expect(calls(upstream)).toBe(1);
    expect(isAnswered(upstream)).toBe(false);
  });

  test('ends at the server when the tool is taken away that its key had not at first [bridge-parked-cut]', async () => {
    const { gateway, upstream } = await gatewayTo(asking());
    const grant = (...grants: string[]) => gateway.keys.change(OWNER, { grants: compileGrants(grants) });
    grant('files:pay');
    const first = await callTool(gateway, path, params);
    expect((await callTool(gateway, path, withInput(first, params))).result).toMatchObject({ got: ACCEPTED });
    grant('files:pay', 'files:look');
    const other = { name: `${prefix}look`, arguments: {} };
    expect((await callTool(gateway, path, other)).result).toMatchObject({ resultType: 'input_required' });
    expect(isCancelled(upstream)).toBe(false);
    grant('files:pay');
    await expect.poll(() => isCancelled(upstream)).toBe(true);
  });

  test('is neither under way nor failed, and counted as it is answered [bridge-parked-counted]', async () => {
    const { gateway, first } = await parked();
    const outcomes = () => gateway.events.filter(({ method }) => method === 'tools/call').map(({ outcome }) => outcome);
    await expect.poll(outcomes).toEqual(['ok']);
    await callTool(gateway, path, withInput(first, params));
    await expect.poll(outcomes).toEqual(['ok', 'ok']);
  });

  test('ends with the gateway, which does not wait for it [bridge-parked-cut]', async () => {
    const { gateway, upstream } = await parked();
    await gateway.register[Symbol.asyncDispose]();
    expect(gateway.register.size).toBe(0);
    await expect.poll(() => isCancelled(upstream)).toBe(true);
  });
});
