import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isRepeatableTool } from '../../mcp/resending.ts';
import { TOOLS } from '../../mcp/catalogueItems.ts';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import { joinConversation } from '../../upstream/http/clientConversation.ts';
import { RequestLost } from '../../upstream/http/sending.ts';
import { listAll } from '../../upstream/lists.ts';
import { SIDE_TIMEOUTS } from '../../upstream/requestBounds.ts';
import type { Call } from '../call.ts';
import type { OutgoingRequest } from './outgoingRequest.ts';

/** Bytes of all pages of the list together. */
const MAX_BYTES = 4 * 1024 * 1024;

const NONE: ReadonlySet<string> = new Set();

/** Tells whether a call of one tool was lost, and the server may have acted on it. */
export function isLostToolCall({ kind, method, tools }: Call, cause: Error): boolean {
  if (!(cause instanceof RequestLost) || cause.processed === false) return false;
  return kind === 'request' && method === 'tools/call' && tools.length === 1;
}

/**
 * What the tools of a server declare about a second call. A server is asked only once a call to it was lost, so calls that are answered pay
 * nothing for it; calls that are lost together share one question.
 */
export class ToolHints {
  readonly #asking = new WeakMap<UpstreamAgent, Promise<ReadonlySet<string>>>();

  /** Tells whether the tool of a lost call may be called again. Never rejects: a tool of which nothing is known may not. */
  async mayRepeat(call: Call, agent: UpstreamAgent, outgoing: OutgoingRequest): Promise<boolean> {
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

/** Asks as the client would: with the headers of its call, and in the modern era with the `_meta` of its call. */
async function ask(lost: Call, agent: UpstreamAgent, outgoing: OutgoingRequest): Promise<ReadonlySet<string>> {
  const meta = lost.era === 'modern' ? metaOf(outgoing) : undefined;
  const conversation = joinConversation(lost.server, agent, { headers: headersOf(lost, outgoing), meta });
  const signal = AbortSignal.timeout(SIDE_TIMEOUTS.totalMs);
  const { items } = await listAll(conversation, TOOLS, { signal, maxBytes: MAX_BYTES });
  return new Set(items.filter(({ annotations }) => isRepeatableTool(annotations)).map(({ name }) => name));
}

function headersOf(lost: Call, { headers }: OutgoingRequest): Record<string, string> {
  const made: Record<string, string> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name !== 'mcp-name' && !name.startsWith('mcp-param-')) made[name] = headers[index + 1] ?? '';
  }
  return lost.era === 'modern' ? { ...made, 'mcp-method': 'tools/list' } : made;
}

function metaOf({ body }: OutgoingRequest): JsonObject {
  const message: unknown = JSON.parse(body?.bytes.toString('utf8') ?? 'null');
  const params = isJsonObject(message) && isJsonObject(message['params']) ? message['params'] : {};
  const meta = isJsonObject(params['_meta']) ? params['_meta'] : {};
  // The client has not asked for progress of this list.
  return Object.fromEntries(Object.entries(meta).filter(([name]) => name !== 'progressToken'));
}
