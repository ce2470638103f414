import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import type { Timeouts } from '../../events/mcpServer.ts';
import { listFilterOf, withoutSubscription } from '../subscriptions.ts';
import { modernMeta } from '../modernMeta.ts';
import { ProgressTokens } from '../progressTokens.ts';
import { boundRequest } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import { UpstreamError } from '../upstreamError.ts';
import type {
  AskOptions,
  ClientFacts,
  ListenOptions,
  ReplyOutcome,
  ServerFacts,
  SideMessage,
  UpstreamMessage,
  UpstreamRequest,
} from '../upstream.ts';
import type { ServerRequestId } from '../../mcp/jsonRpc.ts';
import type { Connection } from './connection.ts';
import { shakeHands, type HandshakeOptions } from './handshake.ts';
import { Routing } from './routing.ts';

export interface ConversationOptions extends HandshakeOptions {
  readonly connection: Connection;
  readonly timeouts: Timeouts;
  readonly leaseRoom: (() => Room) | undefined;
  /** Aborted when the Upstream is disposed of. */
  readonly closed: AbortSignal;
}

/** The conversation with one life of a program: several requests at once over one channel, in the server's era. */
export class Conversation {
  readonly facts: ServerFacts;
  readonly #options: Omit<ConversationOptions, keyof HandshakeOptions> & { readonly client: ClientFacts };
  readonly #routing: Routing;
  readonly #tokens: ProgressTokens;

  private constructor(options: ConversationOptions, routing: Routing, tokens: ProgressTokens, facts: ServerFacts) {
    this.#options = options;
    this.#routing = routing;
    this.#tokens = tokens;
    this.facts = facts;
    routing.era = facts.era;
  }

  /** @throws UpstreamError, Unavailable, the reason of the signal */
  static async open(options: ConversationOptions): Promise<Conversation> {
    const { connection, client } = options;
    const tokens = new ProgressTokens();
    const routing = new Routing({ connection, tokens, capabilities: client.capabilities });
    const facts = await shakeHands(connection, options);
    return new Conversation(options, routing, tokens, facts);
  }

  /** As the port has it (src/upstream/upstream.ts). */
  async *ask({ method, params }: UpstreamRequest, options: AskOptions): AsyncGenerator<UpstreamMessage, void, void> {
    const { connection, timeouts, closed } = this.#options;
    const { signal, budget, capabilities, leaseRoom = this.#options.leaseRoom } = options;
    using bounds = boundRequest({ server: connection.label.server, signals: [signal, closed], timeouts, budget });
    bounds.signal.throwIfAborted();
    const id = connection.nextId();
    const inbox = this.#routing.open(id, method);
    const room = leaseRoom?.();
    let isSent = false;
    let isOver = false;
    const cancel = () => {
      if (isSent && !isOver) this.#cancel(id);
      isOver = true;
    };
    const abort = () => {
      inbox.abort(bounds.signal.reason);
      cancel();
    };
    bounds.signal.addEventListener('abort', abort);
    inbox.onPut = (bytes) => {
      bounds.received(bytes);
      room?.grow(bytes);
    };
    try {
      const wireParams = this.#params(this.#tokens.issue(id, params), capabilities);
      connection.send({ jsonrpc: '2.0', id, method, ...(wireParams !== undefined && { params: wireParams }) });
      isSent = true;
      for (;;) {
        const { message } = await inbox.take();
        const isAnswer = message.kind === 'response';
        isOver ||= isAnswer;
        bounds.pause();
        yield message;
        if (isAnswer) return;
        bounds.resume();
        if (inbox.isEmpty) room?.release();
        bounds.signal.throwIfAborted();
      }
    } finally {
      bounds.signal.removeEventListener('abort', abort);
      room?.release();
      this.#tokens.release(id);
      this.#routing.close(id);
      cancel();
    }
  }

  /** As the port has it. */
  listen(options: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    return this.facts.era === 'modern' ? this.#subscribe(options) : this.#hear(options);
  }

  /** As the port has it. */
  tell({ method, params }: UpstreamRequest): void {
    const wireParams = this.#params(params, undefined);
    this.#options.connection.send({ jsonrpc: '2.0', method, ...(wireParams !== undefined && { params: wireParams }) });
  }

  /** As the port has it. */
  reply(id: ServerRequestId, outcome: ReplyOutcome): void {
    if (this.#routing.take(id)) this.#options.connection.send({ jsonrpc: '2.0', id, ...outcome });
  }

  /** What a legacy server sends outside of requests. */
  async *#hear({ signal }: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    const { closed } = this.#options;
    if (signal.aborted) return;
    closed.throwIfAborted();
    const listener = {};
    const inbox = this.#routing.listen(listener);
    const end = AbortSignal.any([signal, closed]);
    const abort = () => inbox.abort(end.reason);
    end.addEventListener('abort', abort);
    try {
      for (;;) {
        const { message } = await inbox.take();
        if (message.kind !== 'response') yield message;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      end.removeEventListener('abort', abort);
      this.#routing.unlisten(listener);
    }
  }

  /** What a modern server tells of (MCP 2026-07-28, basic/patterns/subscriptions), its acknowledgement first. */
  async *#subscribe({
    signal,
    filter = listFilterOf(this.facts.capabilities),
  }: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    const { connection, closed } = this.#options;
    if (signal.aborted) return;
    closed.throwIfAborted();
    const id = connection.nextId();
    const inbox = connection.open(id);
    const end = AbortSignal.any([signal, closed]);
    const abort = () => inbox.abort(end.reason);
    end.addEventListener('abort', abort);
    let isOver = false;
    try {
      const params = this.#params({ notifications: filter }, undefined);
      connection.send({ jsonrpc: '2.0', id, method: 'subscriptions/listen', ...(params !== undefined && { params }) });
      for (;;) {
        const { message } = await inbox.take();
        if (message.kind === 'response') {
          isOver = true;
          const { response } = message;
          if (!('error' in response) || response.error.code === METHOD_NOT_FOUND) return;
          throw new UpstreamError(connection.label, response.error);
        }
        if (message.kind === 'notification' && message.notification.method === 'notifications/cancelled') {
          isOver = true;
          return;
        }
        const kept = withoutSubscription(message);
        if (kept !== undefined) yield kept;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      end.removeEventListener('abort', abort);
      connection.close(id);
      if (!isOver) this.#cancel(id);
    }
  }

  /** In both eras (MCP 2025-11-25, basic/utilities/cancellation; MCP 2026-07-28, basic/patterns/cancellation). */
  #cancel(requestId: number): void {
    const params = this.#params({ requestId }, undefined);
    this.#options.connection.sendAside({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      ...(params !== undefined && { params }),
    });
  }

  #params(params: JsonObject | undefined, capabilities: JsonObject | undefined): JsonObject | undefined {
    if (this.facts.era === 'legacy') return params;
    const meta = params?.['_meta'];
    const own = modernMeta(this.#options.client, this.facts.protocolVersion, capabilities);
    return { ...params, _meta: { ...(isJsonObject(meta) && meta), ...own } };
  }
}
