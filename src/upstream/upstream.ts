import type { IncomingHttpHeaders } from 'node:http';
import type { ClientExchange } from '../calls/clientExchange.ts';
import type { Era } from '../mcp/eras.ts';
import type { ServerLabel } from '../mcp/failures.ts';
import type { JsonObject, JsonRpcErrorBody, ServerMessage, ServerRequest, ServerRequestId } from '../mcp/jsonRpc.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import type { ByteBudget } from './requestBounds.ts';
import type { Room } from './room.ts';

/**
 * A server as the gateway speaks with it, whatever carries the messages and whatever era they are of: the port behind which each
 * transport stands, and later the bridge between eras and the aggregate of many servers. test/contract/upstream.ts is its contract.
 *
 * Ids and progress tokens on the wire are the Upstream's own, so that several clients can share one; what it gives back carries
 * the progress token that the request came with. Every method throws AppError (`upstream-…`), or the reason of its signal.
 * Disposing ends what is under way, and a session at the server.
 */
export interface Upstream extends ServerLabel, AsyncDisposable {
  /** What the server says about itself; of the current session, where it has lost one. */
  readonly facts: ServerFacts;

  /**
   * Sends a request. Gives what the server sends for it, in order: notifications, and in the legacy era requests of its own;
   * the answer is the last, and there always is one, or an error is thrown. A JSON-RPC error is an answer. It reads no further
   * than is taken. Leaving the loop early cancels the request at the server; a loop that waits for a message is left by the signal.
   */
  ask(request: UpstreamRequest, options?: AskOptions): AsyncGenerator<UpstreamMessage, void, void>;

  /**
   * Gives what the server sends outside of requests: the GET stream of a legacy server, `subscriptions/listen` of a modern one.
   * It ends with the signal, when the server ends it, and at once where the server offers no such stream.
   */
  listen(options: ListenOptions): AsyncGenerator<SideMessage, void, void>;

  /** Sends a notification. */
  tell(notification: UpstreamRequest, options?: TellOptions): Promise<void>;

  /**
   * Answers a request of the server's that `ask` or `listen` has given. Once that has ended, the answer is dropped, unless the
   * request may be of another call (one channel carries all). The Upstream itself answers `ping`, and refuses what the declared
   * capabilities do not allow.
   */
  reply(id: ServerRequestId, outcome: ReplyOutcome): Promise<void>;

  /**
   * Joins the conversation with a server over HTTP, in a legacy session, with a request that is sent to it by other means. Disposing
   * of it leaves the session. Absent where nobody can do that.
   */
  join?(): JoinedSession;

  /**
   * Lets go of everything but the session at a legacy server, which stays as it is. The Upstream is of no use afterwards. Absent
   * where a session can't be left like that.
   */
  park?(): ParkedUpstream;

  /**
   * Calls that wait at the server for what their client is to bring with its next request. While there is one, the Upstream is in
   * use. Absent where no call can wait so.
   */
  readonly waiting?: number;
}

/** A session at a server of which nothing is kept but what it takes to go on with it. Disposing ends it at the server. */
export interface ParkedUpstream extends AsyncDisposable {
  /** Goes on with the session, without asking the server. @throws Unavailable when the server is another one now */
  resume(): Upstream;
}

/** A session at a server, for one request that is sent there by other means. */
export interface JoinedSession extends Disposable {
  /** Undefined: the server gives none. */
  readonly id: string | undefined;
  /** Takes in a request of the server's that comes before the answer, so that `reply` answers it; undefined: it is answered already. */
  admit(request: ServerRequest): ServerRequest | undefined;
}

/** What a server says about itself. */
export interface ServerFacts {
  readonly era: Era;
  readonly protocolVersion: string;
  /** Absent when a modern server does not introduce itself. */
  readonly serverInfo: JsonObject | undefined;
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
}

/** How the gateway introduces itself to a server. */
export interface ClientFacts {
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** What the server may ask for. None: it gets no answers but to `ping`. */
  readonly capabilities: JsonObject;
}

/** A request without its id, or a notification. */
export interface UpstreamRequest {
  readonly method: string;
  readonly params?: JsonObject | undefined;
}

export type UpstreamMessage = UpstreamAnswer | SideMessage;

/** The answer. Its id is of no meaning: the caller knows what it asked. */
export type UpstreamAnswer = Extract<ServerMessage, { kind: 'response' }> & {
  /** The result as JSON text, in UTF-8, where it is at hand. */
  readonly resultBytes?: Buffer;
  /** Parses a large result without keeping others waiting. Absent where `response` has it at hand. @throws Unavailable */
  readonly readResult?: () => Promise<JsonObject>;
};

/** What a server sends beside answers. */
export type SideMessage = Exclude<ServerMessage, { kind: 'response' }>;

export interface AskOptions {
  /** Aborting it cancels the request at the server, too. */
  readonly signal?: AbortSignal | undefined;
  /** Of the client for which the gateway asks, in the modern era, which names them per request. (Default: those of `open`) */
  readonly capabilities?: JsonObject | undefined;
  /** For tools/call: the tool's definition, where it is known; a modern server over HTTP is not asked for it then. */
  readonly tool?: Tool | undefined;
  /** Of the client's own request: the aggregate compares those with a call's arguments that its members can't. */
  readonly clientHeaders?: IncomingHttpHeaders | undefined;
  /** Bytes that this and other requests may receive together. */
  readonly budget?: ByteBudget | undefined;
  /** The exchange with the client for whom the gateway asks, where what it carries is counted. */
  readonly exchange?: ClientExchange | undefined;
  /** Of the span that the request belongs to (W3C Trace Context). (Default: none) */
  readonly traceparent?: string | undefined;
  /** Makes room for what is read. (Default: that of `open`) */
  readonly leaseRoom?: (() => Room) | undefined;
  /** Called when a legacy server ends the stream of an answer, to go on with it later (MCP 2025-11-25, basic/transports, SEP-1699). */
  readonly onPause?: (() => void) | undefined;
}

export interface TellOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListenOptions {
  readonly signal: AbortSignal;
  /** What a modern server is to tell of. (Default: every change of a list that it declares) A legacy one tells of everything. */
  readonly filter?: SubscriptionFilter | undefined;
  /** Of the client that listens, in the modern era, as for `ask`. */
  readonly capabilities?: JsonObject | undefined;
  /** Called when a legacy server's stream stands: nothing that it sends is missed from then on. */
  readonly onOpen?: (() => void) | undefined;
}

/** What `subscriptions/listen` asks for (MCP 2026-07-28, basic/utilities/subscriptions). */
export interface SubscriptionFilter {
  readonly toolsListChanged?: boolean;
  readonly promptsListChanged?: boolean;
  readonly resourcesListChanged?: boolean;
  readonly resourceSubscriptions?: readonly string[];
}

export type ReplyOutcome = { readonly result: JsonObject } | { readonly error: JsonRpcErrorBody };
