import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { notMcp } from '../../mcp/failures.ts';
import type { ClientMessage, JsonObject, ServerRequest, ServerRequestId } from '../../mcp/jsonRpc.ts';
import { allowsServerRequest } from '../../mcp/serverRequests.ts';
import { boundRequest, SIDE_TIMEOUTS, type Excusable } from '../requestBounds.ts';
import type { ReplyOutcome } from '../upstream.ts';
import { answerOf, type Answer } from './answer.ts';
import { post } from './exchange.ts';
import type { HttpTarget } from './target.ts';

/** Requests that a server may have open during one call; far more than any has, few enough to stop one that floods us. */
const MAX_REQUESTS = 100;

type Headers = Readonly<Record<string, string>>;

/** A request that waits for its answer. */
interface Waiting {
  /** Of its session. */
  readonly headers: Headers;
  /** Calls during which the server may have sent it: until it has its answer, it may be silent. */
  readonly excused: readonly Excusable[];
  /** Those that wait of the stream that it came with. */
  readonly ofStream: Set<string>;
}

/** The requests of one stream. */
interface TakenRequests extends Disposable {
  /** Takes one in, so that it can be answered; undefined: it is answered already. */
  admit(request: ServerRequest): ServerRequest | undefined;
  /** The server waits for an answer no longer (MCP 2025-11-25, basic/utilities/cancellation). */
  withdraw(id: unknown): void;
}

/**
 * The requests of a legacy server's that wait for our answer. Ours: `ping` is answered, and what the declared capabilities do
 * not allow is refused (MCP 2025-11-25, basic/lifecycle and basic/utilities/ping).
 */
export class ServerRequests {
  readonly #target: HttpTarget;
  readonly #capabilities: JsonObject;
  /** Those that wait, by their ids as JSON. */
  readonly #waiting = new Map<string, Waiting>();
  /** Of the calls under way. */
  readonly #calls = new Set<Excusable>();

  constructor(target: HttpTarget, capabilities: JsonObject) {
    this.#target = target;
    this.#capabilities = capabilities;
  }

  /**
   * Begins to take the requests of one stream. Ending it forgets those that still wait.
   * @param call whose stream it is; a request on another stream may belong to any call
   */
  open(headers: Headers, call?: Excusable): TakenRequests {
    const keys = new Set<string>();
    if (call !== undefined) this.#calls.add(call);
    let count = 0;
    return {
      admit: (request) => {
        // Only a call has an end: of a stream without one those count that wait.
        if ((call === undefined ? keys.size : count++) >= MAX_REQUESTS) {
          throw notMcp(this.#target, `sent more than ${MAX_REQUESTS} requests during one call`);
        }
        const { id, method } = request;
        const outcome = this.#ownOutcome(method);
        if (outcome !== undefined) {
          this.#target.track(sendAside(this.#target, headers, { jsonrpc: '2.0', id, ...outcome }));
          return undefined;
        }
        const key = keyOf(id);
        this.#settle(key);
        keys.add(key);
        const excused = call === undefined ? [...this.#calls] : [call];
        for (const bounds of excused) bounds.pause();
        this.#waiting.set(key, { headers, excused, ofStream: keys });
        return request;
      },
      withdraw: (id) => void this.#settle(JSON.stringify(id)),
      [Symbol.dispose]: () => {
        if (call !== undefined) this.#calls.delete(call);
        for (const key of keys) this.#settle(key);
      },
    };
  }

  /** Takes a request that waits, to answer it: the headers of its session. */
  take(id: ServerRequestId): Headers | undefined {
    return this.#settle(keyOf(id))?.headers;
  }

  /** It waits no longer. */
  #settle(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    waiting?.ofStream.delete(key);
    for (const bounds of waiting?.excused ?? []) bounds.resume();
    return waiting;
  }

  #ownOutcome(method: string): ReplyOutcome | undefined {
    if (method === 'ping') return { result: {} };
    if (allowsServerRequest(this.#capabilities, method)) return undefined;
    return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
  }
}

/** Posts a message outside of any request, within short time-outs of its own. */
export async function sendAside(target: HttpTarget, headers: Headers, message: ClientMessage): Promise<Answer> {
  using bounds = boundRequest({ server: target.server, signals: [], timeouts: SIDE_TIMEOUTS });
  return await answerOf(post({ target, bounds, headers, message }));
}

function keyOf(id: ServerRequestId): string {
  return JSON.stringify(id);
}
