import { Refused, type Unavailable } from '../errors/appError.ts';
import { answerFailure, truncated } from '../mcp/failures.ts';
import { UpstreamError } from './upstreamError.ts';
import type { Answer } from './http/jsonRpcHttp.ts';
import type { Endpoint } from './http/endpoint.ts';
import type { JsonObject } from '../mcp/jsonRpc.ts';

/**
 * Takes the result out of an answer.
 * @throws UpstreamError for a JSON-RPC error; Unavailable when there is no JSON-RPC response
 */
export function resultOf(endpoint: Endpoint, answer: Answer): JsonObject {
  const { response } = answer;
  if (response === undefined) throw unanswered(endpoint, answer);
  if ('error' in response) throw new UpstreamError(endpoint, response.error);
  return response.result;
}

/** Throws what says nothing about the era of a server: refused credentials, and outages. */
export function throwUnlessEvidence({ failure }: Answer): void {
  if (failure?.about === 'credentials' || failure?.about === 'outage') throw failure.error;
}

/** Says why an answer holds no response. */
export function unanswered(endpoint: Endpoint, { status, failure, interrupted, fault }: Answer): Unavailable {
  if (failure !== undefined) return failure.error;
  if (interrupted !== undefined) {
    return truncated(
      endpoint,
      fault === undefined ? undefined : `no response, but an event that is not JSON-RPC: ${fault}`,
    );
  }
  return answerFailure(endpoint, { about: 'nothing', status });
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
