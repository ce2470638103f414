import type { ServerResponse } from 'node:http';
import { call, type WholeAnswer } from '../client.ts';
import { fixture, type Setup } from '../fixture.ts';
import type { TestGateway, TestGatewayOptions } from '../gateway.ts';
import { parseCall, type Answer, type ReceivedRequest } from '../upstream.ts';

/** Of a revision whose answers can't be taken up again, so that one that is the response alone is a JSON document. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: { sampling: {} },
    clientInfo: { name: 'test client', version: '2' },
  },
};

export const FACTS = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {}, prompts: {} },
  serverInfo: { name: 'files', version: '9' },
  instructions: 'Be kind.',
};

export const STREAM = { 'Content-Type': 'text/event-stream' };

/** A legacy server with sessions: the test answers its requests, its GET and what else it likes. */
export function legacyServer(answer: Answer): Answer {
  return (res, received) => {
    const message = received.body.length === 0 ? {} : parseCall(received.body);
    if (received.method === 'DELETE') res.writeHead(204).end();
    else if (message.method === 'initialize') {
      answerJson(res, { jsonrpc: '2.0', id: message.id, result: FACTS }, { 'Mcp-Session-Id': 'upstream-1' });
    } else if (received.method === 'POST' && (message.id === undefined || message.method === undefined)) {
      res.writeHead(202).end();
    } else answer(res, received);
  };
}

/** A modern server: the test answers all but `server/discover`. */
export function modernServer(answer: Answer): Answer {
  return (res, received) => {
    const { id, method } = parseCall(received.body);
    if (method !== 'server/discover') answer(res, received);
    else {
      const result = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
      answerJson(res, { jsonrpc: '2.0', id, result: { ...result, ttlMs: 0, cacheScope: 'private' } });
    }
  };
}

export function answerJson(res: ServerResponse, message: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(message));
}

export function event(message: unknown): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

export function methodsOf(received: readonly ReceivedRequest[]): string[] {
  return received.map(({ method, body }) => (method === 'POST' ? (parseCall(body).method ?? 'response') : method));
}

/** Gives a test file gateways whose server `local` is reached through the messages lane. */
export function messagesFixture() {
  const { gatewayTo, use } = fixture();
  return {
    use,
    async laneTo(answer: Answer, options: TestGatewayOptions = {}): Promise<Setup> {
      const setup = await gatewayTo(answer, options);
      setup.gateway.servers.set('local', setup.upstream.url, { transport: 'stdio' });
      return setup;
    },
  };
}

/** Begins a session, and returns the headers of what goes on in it. */
export async function beginSession(
  gateway: TestGateway,
  headers: Record<string, string> = {},
): Promise<Record<string, string>> {
  const answered = await initialize(gateway, headers);
  return { ...headers, 'mcp-session-id': String(answered.headers['mcp-session-id']) };
}

export function initialize(gateway: TestGateway, headers: Record<string, string> = {}): Promise<WholeAnswer> {
  return call(gateway, 'local', INITIALIZE, headers);
}
