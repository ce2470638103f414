import { randomInt } from 'node:crypto';
import type { LiveServer } from '../../live/liveServer.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import type { Asker } from '../request.ts';
import { boundRequest, SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { UpstreamAgent } from './agents.ts';
import { answerOf, responseOf } from './answer.ts';
import { post } from './exchange.ts';
import { createTarget } from './target.ts';

/** Ids that no client has counted up to. Some servers read ids as 32 bits. */
const IDS = { from: 2 ** 30, to: 2 ** 31 - 1_000 };

/** A request that a client has sent to a server itself. */
interface ClientRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Its `_meta`, which describes the client in the modern era. */
  readonly meta: JsonObject | undefined;
}

/** Joins the conversation of a client that speaks with a server itself: requests go in its session and with its headers. */
export function joinConversation(
  server: LiveServer,
  { connections, url }: UpstreamAgent,
  { headers, meta }: ClientRequest,
): Asker {
  const firstId = randomInt(IDS.from, IDS.to);
  // The configured headers are among those of the client's request.
  const place = { name: server.name, url, headers: {}, timeouts: server.timeouts };
  const target = createTarget(place, { connections, via: undefined, leaseRoom: undefined }, firstId);
  return {
    server: target.server,
    secrets: [],
    async *ask({ method, params }, { signal, budget } = {}) {
      using bounds = boundRequest({ server: server.name, signals: [signal], timeouts: SIDE_TIMEOUTS, budget });
      const id = target.nextId();
      const message = { jsonrpc: '2.0', id, method, params: { ...params, ...(meta && { _meta: meta }) } } as const;
      yield {
        kind: 'response',
        response: responseOf(target, await answerOf(post({ target, bounds, headers, message }))),
      };
    },
  };
}
