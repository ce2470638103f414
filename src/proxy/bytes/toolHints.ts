import { randomInt } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isRepeatableTool } from '../../mcp/resending.ts';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import { SIDE_TIMEOUTS, startCall } from '../../upstream/http/call.ts';
import { TOOL } from '../../upstream/catalogueItems.ts';
import type { Endpoint } from '../../upstream/http/endpoint.ts';
import { post } from '../../upstream/http/jsonRpcHttp.ts';
import { listAll } from '../../upstream/lists.ts';
import { resultOf } from '../../upstream/result.ts';
import { RequestLost } from '../../upstream/http/sending.ts';
import type { Call } from '../call.ts';
import type { Outgoing } from './outgoing.ts';

/** All pages of the list together: what a server says of its tools is no reason to hold more. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Ids that no client has counted up to: the question is asked in the client’s own session. Some servers read ids as 32 bits. */
const IDS = { from: 2 ** 30, to: 2 ** 31 - 1_000 };

const NONE: ReadonlySet<string> = new Set();

/** Tells whether a call of one tool was lost of which nobody knows whether the server acted on it. */
export function isLostToolCall({ kind, method, tools }: Call, cause: Error): boolean {
  if (!(cause instanceof RequestLost) || cause.processed === false) return false;
  return kind === 'request' && method === 'tools/call' && tools.length === 1;
}

/**
 * What tools say about being called twice. A server is asked only once a call to it was lost, so calls that are answered pay
 * nothing for it; calls that are lost together share one question.
 */
export class ToolHints {
  readonly #asking = new WeakMap<UpstreamAgent, Promise<ReadonlySet<string>>>();

  /** Tells whether the tool of a lost call may be called again. Never rejects: a tool of which nothing is known may not. */
  async mayRepeat(call: Call, agent: UpstreamAgent, outgoing: Outgoing): Promise<boolean> {
    let asking = this.#asking.get(agent);
    if (asking === undefined) {
      asking = ask(call, agent, outgoing)
        .catch(() => NONE)
        .finally(() => this.#asking.delete(agent));
      this.#asking.set(agent, asking);
    }
    const names = await asking;
    return call.tools.every((name) => names.has(name));
  }
}

/** Asks as the client would: with the headers of its call, and in the modern era with what its call says of it. */
async function ask(lost: Call, agent: UpstreamAgent, outgoing: Outgoing): Promise<ReadonlySet<string>> {
  const closing = new AbortController();
  let id = randomInt(IDS.from, IDS.to);
  const endpoint: Endpoint = {
    server: lost.server.name,
    url: new URL(agent.path, agent.origin),
    headers: {},
    via: undefined,
    secrets: [],
    timeouts: lost.server.timeouts,
    dispatcher: agent.connections,
    leaseRoom: undefined,
    closed: closing.signal,
    pending: new Set(),
    nextId: () => ++id,
  };
  const headers = headersOf(lost, outgoing);
  const meta = lost.era === 'modern' ? { _meta: metaOf(outgoing) } : {};
  using call = startCall({ endpoint, signals: [], timeouts: SIDE_TIMEOUTS, budget: { left: MAX_BYTES } });
  const fetchPage = async (page: JsonObject): Promise<JsonObject> => {
    const message = {
      jsonrpc: '2.0',
      id: endpoint.nextId(),
      method: 'tools/list',
      params: { ...page, ...meta },
    } as const;
    return resultOf(endpoint, await post({ endpoint, call, headers, message }));
  };
  const { items } = await listAll({ endpoint, list: 'tools', kind: TOOL, fetchPage });
  return new Set(items.filter(({ annotations }) => isRepeatableTool(annotations)).map(({ name }) => name));
}

function headersOf(lost: Call, { headers }: Outgoing): Record<string, string> {
  const made: Record<string, string> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name !== 'mcp-name' && !name.startsWith('mcp-param-')) made[name] = headers[index + 1] ?? '';
  }
  return lost.era === 'modern' ? { ...made, 'mcp-method': 'tools/list' } : made;
}

function metaOf({ body }: Outgoing): JsonObject {
  const message: unknown = JSON.parse(body?.bytes.toString('utf8') ?? 'null');
  const params = isJsonObject(message) && isJsonObject(message['params']) ? message['params'] : {};
  const meta = isJsonObject(params['_meta']) ? params['_meta'] : {};
  // Progress of the list is nobody’s business.
  return Object.fromEntries(Object.entries(meta).filter(([name]) => name !== 'progressToken'));
}
