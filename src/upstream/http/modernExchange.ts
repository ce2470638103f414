import { answerBounds } from '../../mcp/jsonCost.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { mirroredHeaders } from '../../mcp/mirroredHeaders.ts';
import { modernMeta } from '../modernMeta.ts';
import type { ClientFacts } from '../upstream.ts';
import type { AnswerStream } from './answer.ts';
import { post, type Exchange } from './exchange.ts';
import type { HttpTarget } from './target.ts';

/** What the requests of a modern Upstream have in common. */
export interface ModernPeer {
  readonly target: HttpTarget;
  readonly client: ClientFacts;
  readonly version: string;
}

interface ModernRequest extends Pick<Exchange, 'bounds' | 'admit' | 'leaseRoom' | 'isStanding'> {
  /** Undefined: a notification. */
  readonly id?: number;
  readonly method: string;
  readonly params: JsonObject;
  /** Of the client for which the gateway asks. (Default: those of the peer) */
  readonly capabilities?: JsonObject | undefined;
  readonly paramHeaders?: Readonly<Record<string, string>>;
  /** The server may get it twice, whatever its method. */
  readonly isRepeatable?: boolean;
}

/** Sends one modern message: everything that the server must know travels with it (MCP 2026-07-28, basic: `_meta`). */
export function sendModern({ target, client, version }: ModernPeer, request: ModernRequest): Promise<AnswerStream> {
  const { id, method, bounds, admit, leaseRoom, isStanding, paramHeaders, isRepeatable } = request;
  const meta = request.params['_meta'];
  const params = {
    ...request.params,
    _meta: { ...(isJsonObject(meta) && meta), ...modernMeta(client, version, request.capabilities) },
  };
  return post({
    target,
    bounds,
    admit,
    leaseRoom,
    isStanding,
    answerBounds: answerBounds(method),
    headers: { ...mirroredHeaders(version, method, params), ...paramHeaders },
    message: { jsonrpc: '2.0', ...(id !== undefined && { id }), method, params },
    repeatable: isRepeatable,
  });
}
