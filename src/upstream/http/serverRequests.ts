import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { notMcp } from '../../mcp/failures.ts';
import type { ClientMessage, JsonObject, ServerRequest, ServerRequestId } from '../../mcp/jsonRpc.ts';
import { allowsServerRequest } from '../../mcp/serverRequests.ts';
import { boundRequest, SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { ReplyOutcome } from '../upstream.ts';
import { answerOf, type Answer } from './answer.ts';
import { post } from './exchange.ts';
import type { HttpTarget } from './target.ts';

/** Requests that a server may have open during one call; far more than any has, few enough to stop one that floods us. */
const MAX_REQUESTS = 100;

type Headers = Readonly<Record<string, string>>;

/**
 * The requests of a legacy server's that wait for our answer. Ours: `ping` is answered, and what the declared capabilities do
 * not allow is refused (MCP 2025-11-25, basic/lifecycle and basic/utilities/ping).
 */
export class ServerRequests {
  readonly #target: HttpTarget;
  readonly #capabilities: JsonObject;
  /** The session's headers of each that waits, by its id as JSON. */
  readonly #waiting = new Map<string, Headers>();

  constructor(target: HttpTarget, capabilities: JsonObject) {
    this.#target = target;
    this.#capabilities = capabilities;
  }

  /** Begins to take the requests of one stream. Ending it forgets those that still wait. */
  open(headers: Headers): Disposable & { admit(request: ServerRequest): ServerRequest | undefined } {
    const ids: string[] = [];
    let count = 0;
    return {
      admit: (request) => {
        if (++count > MAX_REQUESTS) {
          throw notMcp(this.#target, `sent more than ${MAX_REQUESTS} requests during one call`);
        }
        const { id, method } = request;
        const outcome = this.#ownOutcome(method);
        if (outcome !== undefined) {
          this.#target.track(sendAside(this.#target, headers, { jsonrpc: '2.0', id, ...outcome }));
          return undefined;
        }
        ids.push(keyOf(id));
        this.#waiting.set(keyOf(id), headers);
        return request;
      },
      [Symbol.dispose]: () => {
        for (const id of ids) this.#waiting.delete(id);
      },
    };
  }

  /** Takes a request that waits, to answer it: the headers of its session. */
  take(id: ServerRequestId): Headers | undefined {
    const headers = this.#waiting.get(keyOf(id));
    this.#waiting.delete(keyOf(id));
    return headers;
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
