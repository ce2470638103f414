import { HEADER_MISMATCH } from '../../mcp/errorCodes.ts';
import { listAll } from '../lists.ts';
import { TOOLS } from '../../mcp/catalogueItems.ts';
import { ProgressTokens } from '../progressTokens.ts';
import { boundRequest } from '../requestBounds.ts';
import type { AskOptions, ServerFacts, SideMessage, Upstream, UpstreamAnswer, UpstreamRequest } from '../upstream.ts';
import { UpstreamError } from '../upstreamError.ts';
import { answerOf, messageOf } from './answer.ts';
import { LearntTools } from './learntTools.ts';
import { sendModern, type ModernPeer } from './modernExchange.ts';
import { listenModern } from './modernListening.ts';

/** What a tool call carries beside its message. */
interface CallExtras {
  readonly paramHeaders?: Readonly<Record<string, string>>;
  readonly isRepeatable?: boolean;
}

/** Makes an Upstream of self-contained requests (MCP 2026-07-28). Ending it ends nothing at the server. */
export function createModernUpstream(peer: ModernPeer, facts: ServerFacts): Upstream {
  const { target } = peer;
  const { server, secrets, timeouts } = target;
  const tools = new LearntTools(target);
  const tokens = new ProgressTokens();
  // Modern servers send no requests (MCP 2026-07-28, basic/transports, Receiving Messages): one is ignored.
  const admit = (message: SideMessage) => (message.kind === 'notification' ? tokens.restore(message) : undefined);

  /** Ending it early closes its stream, which is how a modern request is cancelled. */
  async function* send(
    { method, params }: UpstreamRequest,
    { signal, budget, capabilities, leaseRoom }: AskOptions,
    extras: CallExtras = {},
  ): AsyncGenerator<SideMessage, UpstreamAnswer, void> {
    using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts, budget });
    const id = target.nextId();
    try {
      const request = { id, method, params: tokens.issue(id, params) ?? {}, bounds, admit, leaseRoom, capabilities };
      return messageOf(target, yield* await sendModern(peer, { ...request, ...extras }));
    } finally {
      tokens.release(id);
    }
  }

  async function relearn({ signal }: AskOptions): Promise<void> {
    try {
      tools.clear();
      await listAll(upstream, TOOLS, { signal });
    } catch (error) {
      // A server that lists no tools may still run them; it has no annotations then.
      if (!(error instanceof UpstreamError)) throw error;
    }
  }

  async function* call(
    request: UpstreamRequest,
    options: AskOptions,
  ): AsyncGenerator<SideMessage, UpstreamAnswer, void> {
    const { name, arguments: args } = request.params ?? {};
    const toolName = typeof name === 'string' ? name : '';
    if (options.tool !== undefined) tools.learn(options.tool);
    else if (!tools.has(toolName)) await relearn(options);
    const answer = yield* send(request, options, tools.callOf(toolName, args));
    const { response } = answer;
    if (!('error' in response) || response.error.code !== HEADER_MISMATCH) return answer;
    // Refused before it ran: the tool's annotations have changed since they were learnt.
    await relearn(options);
    return yield* send(request, options, tools.callOf(toolName, args));
  }

  const upstream: Upstream = {
    server,
    secrets,
    facts,
    async *ask(request, options = {}) {
      const isCall = request.method === 'tools/call';
      const answer = yield* isCall ? call(request, options) : send(request, options);
      const { response, readResult } = answer;
      if (request.method === 'tools/list' && 'result' in response)
        tools.learnPage((await readResult?.()) ?? response.result);
      yield answer;
    },
    listen: (options) => listenModern(peer, facts, options),
    async tell({ method, params = {} }, { signal } = {}) {
      using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts });
      const { failure } = await answerOf(sendModern(peer, { method, params, bounds }));
      if (failure !== undefined) throw failure.error;
    },
    async reply() {
      // No request of a modern server's ever waits for an answer.
    },
    // There is no session: whoever knows the server may send it requests.
    join: () => ({ id: undefined, admit: () => undefined, [Symbol.dispose]: () => undefined }),
    async [Symbol.asyncDispose]() {
      await target.close();
    },
  };
  return upstream;
}
