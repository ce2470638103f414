import type { ServerResponse } from 'node:http';
import { parseCall, type Answer } from './upstream.ts';

/** What a task server has, and how it is to answer. */
export interface TaskServer {
  readonly answer: Answer;
  /** By the server's own id: the tool. */
  readonly tasks: ReadonlyMap<string, unknown>;
  /** The open GET stream, if there is one. */
  readonly stream: ServerResponse | undefined;
  /** Answers as an event stream instead of JSON. */
  sse: boolean;
  /** Leaves tasks/result unanswered. */
  isSlow: boolean;
}

/**
 * A server that makes tasks, of either era, and is deaf to who asks: whoever names a task gets it. Its ids are easy to guess:
 * `task-1`, `task-2`.
 */
export function taskServer(idOf = (count: number): string => `task-${String(count)}`): TaskServer {
  const tasks = new Map<string, unknown>();
  let stream: ServerResponse | undefined;
  const server = {
    tasks,
    get stream() {
      return stream;
    },
    sse: false,
    isSlow: false,
    answer: ((res, { method, body }) => {
      if (method === 'GET') {
        stream = res;
        res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        return;
      }
      const { id, method: called = '', params = {} } = parseCall(body);
      if (id === undefined || called === '') {
        res.writeHead(202).end();
        return;
      }
      if (called === 'tasks/result' && server.isSlow) return;
      const text = JSON.stringify({ jsonrpc: '2.0', id, ...outcome(called, params) });
      const type = server.sse ? 'text/event-stream' : 'application/json';
      // A session may have the name of a task.
      const session = called === 'initialize' ? { 'Mcp-Session-Id': 'task-1' } : {};
      res.writeHead(200, { 'Content-Type': type, ...session }).end(server.sse ? `id: e1\ndata: ${text}\n\n` : text);
    }) satisfies Answer,
  };

  function outcome(method: string, params: Record<string, unknown>): object {
    if (method === 'tools/call') return { result: madeBy(params) };
    if (method === 'tasks/list') return { result: { tasks: [...tasks.keys()].map(statusOf) } };
    if (!method.startsWith('tasks/')) return { result: {} };
    const taskId = String(params['taskId']);
    if (!tasks.has(taskId)) return { error: { code: -32_602, message: `no ${taskId}` } };
    if (method !== 'tasks/result') return { result: { ...statusOf(taskId), resultType: 'complete' } };
    return { result: { content: [], secret: tasks.get(taskId), _meta: relatedTo(taskId) } };
  }

  function madeBy({ name, task, _meta: meta }: Record<string, unknown>): unknown {
    const taskId = idOf(tasks.size + 1);
    if (task === undefined && !JSON.stringify(meta ?? {}).includes('modelcontextprotocol/tasks'))
      return { content: [] };
    tasks.set(taskId, name);
    return task === undefined ? { resultType: 'task', ...statusOf(taskId) } : { task: statusOf(taskId) };
  }

  return server;
}

export function statusOf(taskId: string): Record<string, unknown> {
  return {
    taskId,
    status: 'working',
    createdAt: '2026-01-01T00:00:00Z',
    lastUpdatedAt: '2026-01-01T00:00:00Z',
    ttl: null,
  };
}

export function relatedTo(taskId: unknown): Record<string, unknown> {
  return { 'io.modelcontextprotocol/related-task': { taskId } };
}
