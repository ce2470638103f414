import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { ask, modern } from '../proxy/client.ts';
import { answerJson, event, FACTS, STREAM } from '../proxy/messages/world.ts';
import { openUpstream, parseCall, type ReceivedRequest } from '../proxy/upstream.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

const ROUNDS = 4;
const ENDPOINTS = [
  { path: '/mcp/asking', tool: 'order' },
  { path: '/mcp?servers=asking', tool: 'asking__order' },
];
const ELICITATION = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };

const opened = new AsyncDisposableStack();
/** Calls that the server has got. */
let calls = 0;
let gateway: TestGateway;
let other: GatewayProcess;
let startOther: () => Promise<GatewayProcess>;
let authorization: string;

/** A legacy server that asks the user a few times during each call. */
function askingServer(): (res: ServerResponse, received: ReceivedRequest) => void {
  const waiting = new Map<string, (name: string) => void>();
  const takeOrder = (res: ServerResponse, id: unknown): void => {
    const call = ++calls;
    const names: string[] = [];
    res.writeHead(200, STREAM);
    const askUser = (): void => {
      const asked = `${String(call)}-${String(names.length)}`;
      const params = {
        message: `dish ${String(names.length + 1)}`,
        requestedSchema: { type: 'object', properties: {} },
      };
      waiting.set(asked, (name) => {
        names.push(name);
        if (names.length < ROUNDS) askUser();
        else {
          const content = [{ type: 'text', text: `${String(call)}: ${names.join(', ')}` }];
          res.end(event({ jsonrpc: '2.0', id, result: { content } }));
        }
      });
      res.write(event({ jsonrpc: '2.0', id: asked, method: 'elicitation/create', params }));
    };
    askUser();
  };
  return (res, { method: verb, headers, body }) => {
    if (verb === 'DELETE') {
      res.writeHead(204).end();
      return;
    }
    if (verb === 'GET') {
      res.writeHead(405).end();
      return;
    }
    const { id, method, ...message } = parseCall(body);
    if (headers['mcp-protocol-version'] === '2026-07-28') {
      const error = { code: -32_000, message: 'Bad Request: Server not initialized' };
      res
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
    } else if (method === 'initialize') {
      answerJson(res, { jsonrpc: '2.0', id, result: FACTS }, { 'Mcp-Session-Id': 'one' });
    } else if (method === 'tools/call') takeOrder(res, id);
    else if (method === 'tools/list') {
      answerJson(res, { jsonrpc: '2.0', id, result: { tools: [{ name: 'order', inputSchema: { type: 'object' } }] } });
    } else if (method === 'prompts/list') answerJson(res, { jsonrpc: '2.0', id, result: { prompts: [] } });
    else {
      res.writeHead(202).end();
      const { result } = message as { result?: { content?: { name?: string } } };
      if (method === undefined) waiting.get(String(id))?.(result?.content?.name ?? 'nothing');
    }
  };
}

beforeAll(async () => {
  const [port, otherPort] = [await freePort(), await freePort()];
  const at = (port: number) => ({ SERVER_PORT: String(port), SERVER_PEER_URL: `http://127.0.0.1:${String(port)}` });
  const server = opened.use(await openUpstream(askingServer()));
  gateway = opened.use(await startTestGateway({ env: at(port) }));
  authorization = `Bearer ${(await gateway.createKey()).apiKey}`;
  const settings = {
    transport: 'http' as const,
    url: server.url,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  await gateway.stores.servers.register('asking', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const { databaseUrl = '', eventStoreUrl, jwtSecret = '', encryptionKey = '' } = gateway.settings;
  const stores = { DATABASE_URL: databaseUrl, ...(eventStoreUrl !== undefined && { EVENT_STORE_URL: eventStoreUrl }) };
  const env = { ...stores, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey, ...at(otherPort) };
  startOther = async () => opened.use(await startGatewayProcess({ home: gateway.home, env }));
  other = await startOther();
});
afterAll(() => opened.disposeAsync());
beforeEach(() => (calls = 0));

interface Outcome {
  readonly result?: {
    readonly resultType: string;
    readonly requestState?: string;
    readonly inputRequests?: Readonly<Record<string, { readonly params: { readonly message: string } }>>;
    readonly content?: readonly { readonly text: string }[];
  };
  readonly error?: { readonly code: number; readonly message: string };
}

describe.each(ENDPOINTS)('a call at $path that waits for its modern client', ({ path, tool }) => {
  async function order(at: { readonly url: string }, before?: Outcome['result']): Promise<Outcome> {
    const keys = Object.keys(before?.inputRequests ?? {});
    const answer = (key: string) => ({
      action: 'accept',
      content: { name: before?.inputRequests?.[key]?.params.message },
    });
    const repeat = before && {
      requestState: before.requestState,
      inputResponses: Object.fromEntries(keys.map((key) => [key, answer(key)])),
    };
    const { message, headers } = modern('tools/call', { name: tool, arguments: {}, ...repeat }, 1, ELICITATION);
    const answered = await ask(at, path, { headers: { ...headers, authorization }, body: JSON.stringify(message) });
    const json = answered.text.startsWith('{')
      ? answered.text
      : (answered.text.split('\n').findLast((line) => line.startsWith('data: {')) ?? '').slice('data: '.length);
    return JSON.parse(json) as Outcome;
  }

  test('goes on on whichever replica its repeats come to, and the server is called once [bridge-replicas]', async () => {
    for (const replicas of [
      [gateway, other],
      [other, gateway],
    ]) {
      const before = calls;
      let outcome = await order(replicas[0] ?? gateway);
      for (let round = 1; round <= ROUNDS; round++) {
        expect(outcome.result).toMatchObject({ resultType: 'input_required', requestState: expect.any(String) });
        outcome = await order(replicas[round % 2] ?? gateway, outcome.result);
      }
      expect(outcome.result).toMatchObject({ resultType: 'complete' });
      expect(outcome.result?.content?.[0]?.text).toContain('dish 1, dish 2, dish 3, dish 4');
      expect(calls).toBe(before + 1);
    }
  });

  test('is lost with its replica: its client gets an error that says so, and nothing is called twice [bridge-replicas]', async () => {
    const { result } = await order(other);
    expect(result).toMatchObject({ resultType: 'input_required' });
    other.kill('SIGKILL');
    await other.exited;
    for (let n = 0; n < 2; n++) {
      const { error } = await order(gateway, result);
      expect(error).toMatchObject({ code: -32_602, message: expect.stringMatching(/again/) });
    }
    expect(calls).toBe(1);
    // Also for the next process at its address.
    other = await startOther();
    for (const at of [gateway, other]) expect((await order(at, result)).error?.code).toBe(-32_602);
    expect(calls).toBe(1);
    expect((await order(gateway)).result).toMatchObject({ resultType: 'input_required' });
  });
});
