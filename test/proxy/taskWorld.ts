import { call, messagesOf, modern, type WholeAnswer } from './client.ts';
import { LIST, type Fixture, type Setup } from './fixture.ts';
import type { TestGatewayOptions } from './gateway.ts';
import { taskServer, type TaskServer } from './taskServer.ts';
import { parseCall } from './upstream.ts';

export const MINE = { authorization: 'Bearer mine' };
export const OTHER = { authorization: 'Bearer other' };
export const KNOWS_TASKS = {
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
export const ERAS = ['legacy', 'modern'] as const;

type Era = (typeof ERAS)[number];
type Headers = Record<string, string>;

export interface Tasks extends Setup {
  readonly server: TaskServer;
  /** Makes a task with a tool and returns the id that the client gets. */
  make(era: Era, tool?: string, headers?: Headers): Promise<string>;
  /** Asks something about a task. */
  about(era: Era, method: string, taskId: unknown, headers?: Headers): Promise<WholeAnswer>;
  /** The messages that the server has got since this was last asked for. */
  received(): readonly Record<string, unknown>[];
}

/** Opens gateways to a server that makes tasks, with the tokens `mine` and `other` of two keys. */
export function taskWorld({ gatewayTo }: Fixture) {
  return async (options: TestGatewayOptions = {}, server = taskServer()): Promise<Tasks> => {
    const setup = await gatewayTo(server.answer, options);
    setup.gateway.keys.add('mine');
    setup.gateway.keys.add('other');
    let seen = 0;
    const asked = (era: Era, method: string, params: Record<string, unknown>, headers: Headers) => {
      if (era === 'legacy') return call(setup.gateway, 'files', { ...LIST, method, params }, headers);
      const request = modern(method, params, 1, KNOWS_TASKS);
      return call(setup.gateway, 'files', request.message, { ...request.headers, ...headers });
    };
    return {
      ...setup,
      server,
      async make(era, tool = 'compute', headers = MINE) {
        const params = { name: tool, arguments: {}, ...(era === 'legacy' ? { task: { ttl: 60_000 } } : {}) };
        const result = resultOf(await asked(era, 'tools/call', params, headers));
        return String(era === 'legacy' ? (result['task'] as typeof result)['taskId'] : result['taskId']);
      },
      about: (era, method, taskId, headers = MINE) => asked(era, method, { taskId }, headers),
      received() {
        const fresh = setup.upstream.received.slice(seen);
        seen += fresh.length;
        return fresh.filter(({ method }) => method === 'POST').map(({ body }) => parseCall(body));
      },
    };
  };
}

function messageOf({ text, headers }: WholeAnswer): Record<string, unknown> {
  const message = headers['content-type'] === 'text/event-stream' ? messagesOf(text)[0] : JSON.parse(text);
  return message as Record<string, unknown>;
}

export function resultOf(answered: WholeAnswer): Record<string, unknown> {
  return messageOf(answered)['result'] as Record<string, unknown>;
}
