import { Refused } from '../errors.ts';
import { badStatus, notMcp, refusesCredentials, truncated } from '../mcp/failures.ts';
import { UpstreamError } from './upstreamError.ts';
import type { Answer } from './jsonRpcHttp.ts';
import type { Endpoint } from './endpoint.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';

/**
 * Takes the result out of an answer.
 * @throws UpstreamError for a JSON-RPC error; Unavailable when there is no JSON-RPC response
 */
export function resultOf(endpoint: Endpoint, answer: Answer): JsonObject {
  const { status, response, text = '' } = answer;
  if (refusesCredentials(status)) throw badStatus(endpoint, status, text);
  if (response === undefined) {
    if (status >= 400) throw badStatus(endpoint, status, text);
    if (answer.interrupted !== undefined) throw truncated(endpoint);
    throw notMcp(endpoint, `accepted a request with HTTP ${status} and did not answer it`);
  }
  if ('error' in response) throw new UpstreamError(endpoint, response.error);
  return response.result;
}

/**
 * Passes a modern result on when it is final (MCP 2026-07-28, basic: `resultType`).
 * @throws Refused `input-required`: nobody is there to ask
 */
export function completeResult(endpoint: Endpoint, method: string, result: JsonObject): JsonObject {
  const type = result['resultType'] ?? 'complete';
  if (type === 'complete') return result;
  const data = { server: endpoint.server, method };
  if (type === 'input_required') {
    throw new Refused(
      'input-required',
      `The server "${endpoint.server}" asks for input, which this caller can’t give.`,
      {
        data,
      },
    );
  }
  throw new Refused(
    'unsupported-result',
    `The server "${endpoint.server}" answered ${method} with an unknown kind of result.`,
    {
      data,
    },
  );
}
