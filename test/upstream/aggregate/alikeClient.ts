import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { mirroredHeaders } from '../../../src/mcp/mirroredHeaders.ts';
import type { Era } from '../../../src/mcp/eras.ts';
import type { Call } from '../../../src/proxy/call.ts';
import type { LocalAnswer } from '../../../src/proxy/localAnswer.ts';
import { classify } from '../../../src/proxy/classify.ts';
import { bindTasks, type BoundCall, type BoundTasks } from '../../../src/proxy/tasks/boundTasks.ts';
import { sealTasks } from '../../../src/proxy/tasks/taskAnswer.ts';
import type { TaskIds } from '../../../src/proxy/tasks/taskIds.ts';
import { readTasks } from '../../../src/proxy/tasks/taskMessage.ts';
import type { AggregateUpstream } from '../../../src/upstream/aggregate/aggregateUpstream.ts';
import type { SideMessage, UpstreamMessage } from '../../../src/upstream/upstream.ts';

const VERSION = '2026-07-28';
const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

export interface ClientMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: JsonObject | undefined;
  readonly result?: JsonObject;
  readonly error?: { readonly code: number };
}

/** The client of a key at an aggregate, behind what the proxy does to its messages about tasks. */
export class AlikeClient {
  readonly key: string;
  readonly #era: Era;
  readonly #aggregate: AggregateUpstream;
  readonly #ids: TaskIds;

  constructor(key: string, era: Era, aggregate: AggregateUpstream, ids: TaskIds) {
    this.key = key;
    this.#era = era;
    this.#aggregate = aggregate;
    this.#ids = ids;
  }

  /** Asks, and gives all that comes for it. @param onRequest replies to the server's requests */
  async ask(
    method: string,
    params: JsonObject,
    onRequest: (request: ClientMessage) => JsonObject = () => ({}),
  ): Promise<readonly ClientMessage[]> {
    const bound = this.#bind(method, params);
    if ('answer' in bound) return [bound.answer];
    const messages: ClientMessage[] = [];
    for await (const message of this.#aggregate.ask({ method, params: bound.params })) {
      const got = this.#sealed(message, bound.tasks, method);
      if (got === undefined) continue;
      messages.push(got);
      if (message.kind === 'request') await this.#aggregate.reply(message.request.id, { result: onRequest(got) });
    }
    return messages;
  }

  /** Listens until the signal: a modern client to what it names, a legacy one to all. */
  async listen(filter: JsonObject, signal: AbortSignal, onMessage: (message: ClientMessage) => void): Promise<void> {
    const isModern = this.#era === 'modern';
    const bound = isModern
      ? this.#bind('subscriptions/listen', { notifications: filter })
      : { params: {} as JsonObject, tasks: boundOf(bindTasks('GET', undefined, this.#owner, 'all', this.#ids)) };
    if ('answer' in bound) throw new Error(JSON.stringify(bound.answer));
    const { tasks } = bound;
    const { notifications } = bound.params;
    const options = isModern && isJsonObject(notifications) ? { signal, filter: notifications } : { signal };
    for await (const message of this.#aggregate.listen(options)) {
      const got = this.#sealed(message, tasks, 'subscriptions/listen');
      if (got !== undefined) onMessage(got);
    }
  }

  get #owner() {
    return { keyId: this.key, place: 'the view' };
  }

  /** What the endpoint does before a lane. */
  #bind(
    method: string,
    params: JsonObject,
  ): { readonly params: JsonObject; readonly tasks: BoundTasks | undefined } | { readonly answer: ClientMessage } {
    const meta = { ...(params['_meta'] as JsonObject | undefined), ...(this.#era === 'modern' && MODERN_META) };
    const message = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } };
    const headers = this.#era === 'modern' ? mirroredHeaders(VERSION, method, message.params) : {};
    const classified = classify(message, headers);
    if ('error' in classified) throw classified.error;
    const text = JSON.stringify(message);
    const read = readTasks(classified, message, Buffer.from(text), text);
    if (read !== undefined && 'status' in read) return { answer: JSON.parse(read.body ?? '{}') as ClientMessage };
    const bound = bindTasks('POST', { ...classified, tasks: read }, this.#owner, 'all', this.#ids);
    if (bound !== undefined && 'status' in bound) return { answer: JSON.parse(bound.body ?? '{}') as ClientMessage };
    const sent = (bound?.bytes === undefined ? message : JSON.parse(bound.bytes.toString())) as typeof message;
    return { params: sent.params, tasks: bound?.tasks };
  }

  /** What the messages lane does with each message of the server. */
  #sealed(
    message: UpstreamMessage | SideMessage,
    tasks: BoundTasks | undefined,
    method: string,
  ): ClientMessage | undefined {
    const sent =
      message.kind === 'response'
        ? { ...message.response, id: 1 }
        : message.kind === 'request'
          ? message.request
          : message.notification;
    if (tasks === undefined) return sent;
    const text = JSON.stringify(sent);
    // What of a call the ids of tasks depend on.
    const call = { era: this.#era, id: 1, method } as unknown as Call;
    const sealed = sealTasks(text, JSON.parse(text), call, tasks, this.#ids);
    return sealed === undefined ? undefined : (JSON.parse(sealed) as ClientMessage);
  }
}

function boundOf(bound: BoundCall | LocalAnswer | undefined): BoundTasks | undefined {
  return bound !== undefined && 'tasks' in bound ? bound.tasks : undefined;
}
