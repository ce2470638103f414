import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import type { Timeouts } from '../../events/mcpServer.ts';
import { listFilterOf, withoutSubscription } from '../subscriptions.ts';
import { modernMeta } from '../modernMeta.ts';
import { ProgressTokens } from '../progressTokens.ts';
import { boundRequest, SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import { UpstreamError } from '../upstreamError.ts';
import type {
  AskOptions,
  ClientFacts,
  ListenOptions,
  ReplyOutcome,
  ServerFacts,
  SideMessage,
  TellOptions,
  UpstreamMessage,
  UpstreamRequest,
} from '../upstream.ts';
import type { ServerRequestId } from '../../mcp/jsonRpc.ts';
import type { Channel } from './channel.ts';
import { shakeHands, type HandshakeOptions } from './handshake.ts';
import { Routing } from './routing.ts';
import type { SessionState } from '../sessionState.ts';

export interface ConversationOptions extends HandshakeOptions {
  readonly channel: Channel;
  readonly timeouts: Timeouts;
  /** What the server is asked for anew; it outlives the conversation. */
  readonly state: SessionState;
  readonly leaseRoom: (() => Room) | undefined;
  readonly onListChanged?: (() => void) | undefined;
  /** Aborted when the Upstream is disposed of. */
  readonly closed: AbortSignal;
}

/** Several may hold what one conversation belongs to. */
export interface HeldAskOptions extends AskOptions {
  /** Aborted when the holder that asks has let go. */
  readonly released?: AbortSignal | undefined;
}

/** The conversation over one channel: several requests at once, in the server's era. */
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
    const { channel, client, onListChanged } = options;
    const tokens = new ProgressTokens();
    const routing = new Routing({ channel, tokens, capabilities: client.capabilities, onListChanged });
    const facts = await shakeHands(channel, options);
    const conversation = new Conversation(options, routing, tokens, facts);
    if (facts.era === 'legacy') await conversation.#restore();
    return conversation;
  }

  /** As the port has it (src/upstream/upstream.ts). */
  async *ask(
    { method, params }: UpstreamRequest,
    options: HeldAskOptions,
  ): AsyncGenerator<UpstreamMessage, void, void> {
    const { channel, timeouts, closed } = this.#options;
    const { signal, released, budget, capabilities, leaseRoom = this.#options.leaseRoom } = options;
    const signals = [signal, released, closed];
    using bounds = boundRequest({ server: channel.label.server, signals, timeouts, budget });
    bounds.signal.throwIfAborted();
    const id = channel.nextId();
    const inbox = this.#routing.open(id, method, bounds);
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
    inbox.onLife = () => bounds.received(0);
    try {
      const wireParams = this.#params(this.#tokens.issue(id, params), capabilities);
      const message = { jsonrpc: '2.0', id, method, ...(wireParams !== undefined && { params: wireParams }) } as const;
      isSent = true;
      channel.send(message, bounds.signal).catch((error: unknown) => {
        isOver = true;
        inbox.fail(error);
      });
      for (;;) {
        const { message } = await inbox.take();
        const isAnswer = message.kind === 'response';
        isOver ||= isAnswer;
        if (isAnswer) this.#options.state.note({ method, params }, message.response);
        else if (message.kind === 'request') this.#routing.noteTaken(message.request.id);
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
  async tell({ method, params }: UpstreamRequest, { signal }: TellOptions): Promise<void> {
    const { channel, timeouts, closed } = this.#options;
    using bounds = boundRequest({ server: channel.label.server, signals: [signal, closed], timeouts });
    const wireParams = this.#params(params, undefined);
    const message = { jsonrpc: '2.0', method, ...(wireParams !== undefined && { params: wireParams }) } as const;
    await channel.send(message, bounds.signal);
  }

  /** As the port has it. */
  async reply(id: ServerRequestId, outcome: ReplyOutcome): Promise<void> {
    if (!this.#routing.take(id)) return;
    const { channel, closed } = this.#options;
    using bounds = boundRequest({ server: channel.label.server, signals: [closed], timeouts: SIDE_TIMEOUTS });
    await channel.send({ jsonrpc: '2.0', id, ...outcome }, bounds.signal);
  }

  /** Asks for what the session before this one had. A server that refuses, or is slow, is used all the same. */
  async #restore(): Promise<void> {
    const signal = AbortSignal.timeout(SIDE_TIMEOUTS.totalMs);
    await Promise.allSettled(
      this.#options.state.requests.map(async (request) => {
        for await (const _message of this.ask(request, { signal }));
      }),
    );
  }

  /** What a legacy server sends outside of requests. */
  async *#hear({ signal, onOpen }: ListenOptions): AsyncGenerator<SideMessage, void, void> {
    const { closed } = this.#options;
    if (signal.aborted) return;
    closed.throwIfAborted();
    const listener = {};
    const inbox = this.#routing.listen(listener);
    onOpen?.();
    const end = AbortSignal.any([signal, closed]);
    const abort = () => inbox.abort(end.reason);
    end.addEventListener('abort', abort);
    try {
      for (;;) {
        const { message } = await inbox.take();
        if (message.kind === 'request') this.#routing.noteTaken(message.request.id);
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
    const { channel, closed } = this.#options;
    if (signal.aborted) return;
    closed.throwIfAborted();
    const id = channel.nextId();
    const inbox = channel.open(id);
    const end = AbortSignal.any([signal, closed]);
    const abort = () => inbox.abort(end.reason);
    end.addEventListener('abort', abort);
    let isOver = false;
    try {
      const params = this.#params({ notifications: filter }, undefined);
      const request = { jsonrpc: '2.0', id, method: 'subscriptions/listen' } as const;
      channel.send({ ...request, ...(params !== undefined && { params }) }, end).catch((error: unknown) => {
        isOver = true;
        inbox.fail(error);
      });
      for (;;) {
        const { message } = await inbox.take();
        if (message.kind === 'response') {
          isOver = true;
          const { response } = message;
          if (!('error' in response) || response.error.code === METHOD_NOT_FOUND) return;
          throw new UpstreamError(channel.label, response.error);
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
      channel.close(id);
      if (!isOver) this.#cancel(id);
    }
  }

  /** In both eras (MCP 2025-11-25, basic/utilities/cancellation; MCP 2026-07-28, basic/patterns/cancellation). */
  #cancel(requestId: number): void {
    const params = this.#params({ requestId }, undefined);
    this.#options.channel.sendAside({
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
