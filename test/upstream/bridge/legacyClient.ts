import { asLegacy, type AsLegacyOptions } from '../../../src/upstream/bridge/asLegacy.ts';
import type { JsonObject, ServerRequest } from '../../../src/mcp/jsonRpc.ts';
import type {
  AskOptions,
  ReplyOutcome,
  Upstream,
  UpstreamMessage,
  UpstreamRequest,
} from '../../../src/upstream/upstream.ts';
import { answer, type Behaviour, type Received } from '../../contract/upstreamWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';

/** What a client declares that can be asked for everything. */
export const EVERYTHING = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

/** A modern server that behaves as a test says, as a legacy client sees it. */
export async function openAsLegacy(behaviour: Behaviour, options: Partial<AsLegacyOptions> = {}) {
  const under = await httpWorld('modern').open(behaviour);
  const upstream = asLegacy(under.upstream, { capabilities: EVERYTHING, ...options });
  return {
    ...under,
    upstream,
    /** Before it calls a tool, the gateway looks which headers the tool wants. */
    get received() {
      return under.received.filter(({ method }) => method !== 'tools/list');
    },
  };
}

/** Makes a request as a legacy client that answers what it is asked; undefined: it does not. */
export async function askAsClient(
  upstream: Upstream,
  request: UpstreamRequest,
  reply: (asked: ServerRequest) => ReplyOutcome | undefined,
  options: AskOptions = {},
): Promise<UpstreamMessage[]> {
  const all: UpstreamMessage[] = [];
  for await (const message of upstream.ask(request, options)) {
    all.push(message);
    if (message.kind !== 'request') continue;
    const outcome = reply(message.request);
    if (outcome !== undefined) await upstream.reply(message.request.id, outcome);
  }
  return all;
}

export const CALL = { method: 'tools/call', params: { name: 'greet', arguments: { who: 'you' } } };

/** The answer of a server that asks for input. */
export const inputRequired = (request: Received, inputRequests: object | undefined, requestState?: string): object =>
  answer(request, {
    resultType: 'input_required',
    ...(inputRequests && { inputRequests }),
    ...(requestState !== undefined && { requestState }),
  });

export const requestsIn = (messages: readonly UpstreamMessage[]): readonly ServerRequest[] =>
  messages.flatMap((message) => (message.kind === 'request' ? [message.request] : []));

/** The outcome of a call. */
export function outcomeOf(messages: readonly UpstreamMessage[]): JsonObject {
  const last = messages.at(-1);
  if (last?.kind !== 'response') throw new Error('it did not end with a response');
  return { ...last.response };
}
