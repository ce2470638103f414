import type {
  JsonObject,
  JsonRpcResponse,
  ServerMessage,
  ServerNotification,
  ServerRequest,
  ServerRequestId,
} from '../mcp/jsonRpc.ts';
import type { ServerFacts } from './session.ts';

/**
 * A server as the gateway speaks with it, whatever carries the messages and whatever era they are of: the port behind which each
 * transport stands, and later the bridge between eras and the aggregate of many servers. test/contract/upstream.ts is its contract.
 *
 * Ids and progress tokens on the wire are the Upstream's own, so that several clients can share one; what it gives back carries
 * the progress token that the request came with. Every method throws AppError (`upstream-…`), or the reason of the signal.
 */
export interface Upstream extends AsyncDisposable {
  /** What the server says about itself; of the current session, where it has lost one. */
  readonly facts: ServerFacts;

  /**
   * Sends a request. Gives what the server sends for it, in order: notifications, and in the legacy era requests of its own;
   * the answer is the last, and there always is one. It reads no further than is taken. Leaving the loop early cancels the request.
   */
  ask(request: UpstreamRequest, options?: AskOptions): AsyncGenerator<UpstreamMessage, void, void>;

  /**
   * Gives what the server sends without having been asked: the GET stream of a legacy server, `subscriptions/listen` of a modern
   * one. It ends with the signal, or when the server ends it.
   */
  listen(options: ListenOptions): AsyncGenerator<Exclude<UpstreamMessage, UpstreamAnswer>, void, void>;

  /** Sends a notification. */
  tell(notification: ServerNotification, options?: AskOptions): Promise<void>;

  /** Answers a request of the server's. */
  reply(id: ServerRequestId, outcome: ReplyOutcome): Promise<void>;
}

/** A request of a client's, without its id. */
export interface UpstreamRequest {
  readonly method: string;
  readonly params?: JsonObject | undefined;
}

export type UpstreamAnswer = Extract<ServerMessage, { kind: 'response' }>;
export type UpstreamMessage =
  | UpstreamAnswer
  | { readonly kind: 'request'; readonly request: ServerRequest }
  | { readonly kind: 'notification'; readonly notification: ServerNotification };

export interface AskOptions {
  /** Aborting it cancels the request at the server, too. */
  readonly signal?: AbortSignal | undefined;
}

export interface ListenOptions {
  readonly signal: AbortSignal;
}

export type ReplyOutcome =
  | Pick<Extract<JsonRpcResponse, { result: unknown }>, 'result'>
  | Pick<Extract<JsonRpcResponse, { error: unknown }>, 'error'>;
