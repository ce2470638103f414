import { HEADER_MISMATCH } from '../../mcp/errorCodes.ts';
import { Refused } from '../../errors/appError.ts';
import { completeResult, resultOf } from '../result.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import { findParamHeaders, paramHeaderValues, type ParamHeaders } from '../../mcp/toolParamHeaders.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isRepeatableTool } from '../../mcp/resending.ts';
import { listAll } from '../lists.ts';
import { sendModern, type ModernPeer } from './modernRequest.ts';
import { startCall } from './call.ts';
import { TOOL, type Tool } from '../catalogueItems.ts';
import { track } from './endpoint.ts';
import { UpstreamError } from '../upstreamError.ts';
import type { RequestOptions, ServerFacts, Session } from '../session.ts';

/** Makes a conversation of self-contained requests (MCP 2026-07-28). Ending it ends nothing at the server. */
export function createModernSession(peer: ModernPeer, facts: ServerFacts): Session {
  const { endpoint } = peer;
  const annotations = new Map<string, ParamHeaders>();
  const repeatable = new Set<string>();

  function learn(tool: Tool): string | undefined {
    const found = findParamHeaders(tool.inputSchema);
    annotations.set(tool.name, found);
    if (isRepeatableTool(tool.annotations)) repeatable.add(tool.name);
    else repeatable.delete(tool.name);
    return found.valid ? undefined : found.reason;
  }

  async function relearn(options: RequestOptions): Promise<void> {
    const { signal } = options;
    try {
      annotations.clear();
      await listAll({
        endpoint,
        list: 'tools',
        kind: TOOL,
        fetchPage: (params, budget) => request('tools/list', params, { signal, budget }),
        refuse: learn,
      });
    } catch (error) {
      // A server that lists no tools may still run them; it has no annotations then.
      if (!(error instanceof UpstreamError)) throw error;
    }
  }

  async function callTool(params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    const name = typeof params['name'] === 'string' ? params['name'] : '';
    const args = isJsonObject(params['arguments']) ? params['arguments'] : {};
    if (options.tool !== undefined) learn(options.tool);
    else if (!annotations.has(name)) await relearn(options);
    const mirrored = () => {
      const found = annotations.get(name);
      if (found?.valid === false) {
        throw new Refused(
          'invalid-tool',
          `The server "${endpoint.server}" defines the tool ${excerpt(name, endpoint.secrets)} wrongly: ${excerpt(found.reason, endpoint.secrets)}.`,
        );
      }
      return paramHeaderValues(found?.headers ?? [], args);
    };
    try {
      return await send('tools/call', params, options, mirrored(), repeatable.has(name));
    } catch (error) {
      // Refused before it ran: the tool's annotations have changed since they were learnt.
      if (!(error instanceof UpstreamError) || error.rpc.code !== HEADER_MISMATCH) throw error;
      await relearn(options);
      return await send('tools/call', params, options, mirrored(), repeatable.has(name));
    }
  }

  async function send(
    method: string,
    params: JsonObject,
    { signal, onProgress, budget }: RequestOptions,
    paramHeaders: Readonly<Record<string, string>> = {},
    isRepeatable = false,
  ): Promise<JsonObject> {
    // Ending the call early closes its stream, which is how a modern request is cancelled.
    using call = startCall({ endpoint, signals: [signal, endpoint.closed], timeouts: endpoint.timeouts, budget });
    const answer = await sendModern(peer, { method, params, call, paramHeaders, onProgress, isRepeatable });
    return completeResult(endpoint, method, resultOf(endpoint, answer));
  }

  function request(method: string, params: JsonObject, options: RequestOptions = {}): Promise<JsonObject> {
    const result = method === 'tools/call' ? callTool(params, options) : send(method, params, options);
    track(endpoint, result);
    return result;
  }

  return {
    facts,
    request,
    learn,
    async [Symbol.asyncDispose]() {
      // Nothing to end.
    },
  };
}
