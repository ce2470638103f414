import { Refused } from '../errors/appError.ts';
import type { ServerLabel } from '../mcp/failures.ts';
import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import { LOG_LEVEL_KEY } from '../mcp/logLevels.ts';
import { readLogMessage, type LogMessage } from './logMessage.ts';
import { readProgress, type Progress } from './progress.ts';
import type { AskOptions, Upstream, UpstreamRequest } from './upstream.ts';
import { UpstreamError } from './upstreamError.ts';

/** What the gateway's own requests need of an Upstream. */
export type Asker = Pick<Upstream, 'ask' | 'server' | 'secrets'>;

export interface RequestOptions extends AskOptions {
  /** Asks the server for progress, and gets it in order. While it has not settled, nothing more is read. */
  readonly onProgress?: ((progress: Progress) => unknown) | undefined;
  /** Asks a modern server for log messages, and gets those that the server sends for the request, as `onProgress` does. */
  readonly onLog?: ((message: LogMessage) => unknown) | undefined;
}

/**
 * Asks a server something for the gateway itself, and takes the result out of the answer. What else the server sends is
 * dropped: an Upstream that declares no capabilities has none of its requests to give.
 * @throws UpstreamError for the server's JSON-RPC error; Refused (`input-required`) when it wants input; Unavailable; the reason
 * of the signal
 */
export async function request(
  upstream: Asker,
  { method, params = {} }: UpstreamRequest,
  { onProgress, onLog, ...options }: RequestOptions = {},
): Promise<JsonObject> {
  const sent = withMeta(params, { ...(onProgress && PROGRESS), ...(onLog && LOGGING) });
  for await (const message of upstream.ask({ method, params: sent }, options)) {
    if (message.kind === 'response') {
      const { response } = message;
      if ('error' in response) throw new UpstreamError(upstream, response.error);
      const result = message.readResult === undefined ? response.result : await message.readResult();
      return completeResult(upstream, method, result);
    }
    if (message.kind !== 'notification') continue;
    const progress = readProgress(message.notification);
    if (progress !== undefined) await onProgress?.(progress);
    const log = onLog && readLogMessage(message.notification);
    if (log !== undefined) await onLog?.(log);
  }
  throw new TypeError('an Upstream gives an answer or throws');
}

/** Any token will do: the Upstream puts its own in its place. */
const PROGRESS = { progressToken: 0 };
/** Modern servers send no log messages unasked (MCP 2026-07-28, server/utilities/logging); to legacy ones it means nothing. */
const LOGGING = { [LOG_LEVEL_KEY]: 'info' };

function withMeta(params: JsonObject, added: JsonObject): JsonObject {
  if (Object.keys(added).length === 0) return params;
  const meta = params['_meta'];
  return { ...params, _meta: { ...(isJsonObject(meta) && meta), ...added } };
}

/**
 * Passes a result on when it is final (MCP 2026-07-28, basic: `resultType`; a legacy server's always is).
 * @throws Refused `input-required`: the gateway has no answer
 */
function completeResult({ server }: ServerLabel, method: string, result: JsonObject): JsonObject {
  const type = result['resultType'] ?? 'complete';
  if (type === 'complete') return result;
  const data = { server, method };
  if (type === 'input_required') {
    const message = `The server "${server}" asks for input, which this caller can’t give.`;
    throw new Refused('input-required', message, { data });
  }
  const message = `The server "${server}" answered ${method} with an unknown kind of result.`;
  throw new Refused('unsupported-result', message, { data });
}
