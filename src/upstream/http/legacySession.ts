import { followStream } from './legacyResumption.ts';
import { endSession, initialize, sessionHeaders, type LegacyHandshake } from './initialize.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isRepeatable, isRepeatableTool } from '../../mcp/resending.ts';
import { post, type Answer } from './jsonRpcHttp.ts';
import { progressListener, progressMeta } from './progress.ts';
import { resultOf } from '../result.ts';
import { sendAside, serverRequestListener } from './serverRequests.ts';
import { sessionLost } from '../../mcp/failures.ts';
import { startCall } from './call.ts';
import { track, type Endpoint } from './endpoint.ts';
import type { Attempt } from './handshake.ts';
import type { ClientInfo, RequestOptions, Session } from '../session.ts';

/** Opens a legacy conversation. @throws UpstreamError, Unavailable */
export async function attemptLegacy(endpoint: Endpoint, clientInfo: ClientInfo): Promise<Attempt> {
  const outcome = await initialize(endpoint, clientInfo);
  if ('refused' in outcome) return { otherEra: outcome.refused, status: outcome.status };
  return { session: createLegacySession(endpoint, clientInfo, outcome) };
}

function createLegacySession(endpoint: Endpoint, clientInfo: ClientInfo, first: LegacyHandshake): Session {
  let current = first;
  let renewal: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const outcome = await initialize(endpoint, clientInfo);
    if ('refused' in outcome) throw outcome.refused;
    current = outcome;
  }

  /** Waits for a session in place of the lost one; calls that lost the same session share it. */
  async function replace(lost: LegacyHandshake): Promise<void> {
    if (current !== lost) return;
    renewal ??= renew().finally(() => (renewal = undefined));
    await renewal;
  }

  async function send(
    method: string,
    params: JsonObject,
    options: RequestOptions,
    retry: boolean,
  ): Promise<JsonObject> {
    const used = current;
    const { answer, processed } = await exchange(endpoint, used, method, params, options);
    if (!answer.isSessionLost) return resultOf(endpoint, answer);
    if (!retry || (processed && !isRepeatable({ httpMethod: 'POST', method }))) throw sessionLost(endpoint);
    await replace(used);
    return await send(method, params, options, false);
  }

  return {
    get facts() {
      return current.facts;
    },
    request(method, params, options = {}) {
      const result = send(method, params, options, true);
      track(endpoint, result);
      return result;
    },
    learn: () => undefined,
    async [Symbol.asyncDispose]() {
      await endSession(endpoint, current);
    },
  };
}

/** Runs one request within a session. `processed` is false when the server surely did not look at it. */
async function exchange(
  endpoint: Endpoint,
  session: LegacyHandshake,
  method: string,
  params: JsonObject,
  { signal, onProgress, budget, tool }: RequestOptions,
): Promise<{ answer: Answer; processed: boolean }> {
  const headers = sessionHeaders(session);
  const id = endpoint.nextId();
  const noteProgress = progressListener(id, onProgress);
  const answerRequest = serverRequestListener(endpoint, headers);
  using call = startCall({ endpoint, signals: [signal, endpoint.closed], timeouts: endpoint.timeouts, budget });
  call.signal.throwIfAborted();
  const context = {
    endpoint,
    call,
    headers,
    awaited: id,
    onMessage: (message: Parameters<NonNullable<Parameters<typeof post>[0]['onMessage']>>[0]) => {
      if (message.kind === 'request') answerRequest(message.request);
      else noteProgress(message.notification);
    },
  };
  try {
    const message = { jsonrpc: '2.0', id, method, params: withProgress(params, id, onProgress) } as const;
    const posted = await post({ ...context, message, repeatable: isRepeatableTool(tool?.annotations) });
    const answer = await followStream(context, posted);
    return { answer, processed: answer !== posted };
  } catch (error) {
    // A closed stream cancels nothing in this era (MCP 2025-11-25, basic/transports): the server must be told, unless the
    // whole session ends now.
    const ending = endpoint.closed.aborted && session.sessionId !== undefined;
    if (call.signal.aborted && !ending) track(endpoint, sendAside(endpoint, headers, cancellation(id)));
    throw error;
  }
}

function cancellation(requestId: number) {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } } as const;
}

function withProgress(params: JsonObject, id: number, onProgress: RequestOptions['onProgress']): JsonObject {
  if (onProgress === undefined) return params;
  const given = params['_meta'];
  return { ...params, _meta: { ...(isJsonObject(given) && given), ...progressMeta(id, onProgress) } };
}
