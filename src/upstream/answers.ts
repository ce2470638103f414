import type { JsonObject } from '../mcp/jsonRpc.ts';
import type { UpstreamAnswer } from './upstream.ts';

/** Makes an answer of our own. */
export function resultAnswer(result: JsonObject): UpstreamAnswer {
  return { kind: 'response', response: { jsonrpc: '2.0', id: 0, result } };
}

/** Makes an answer whose result is at hand as JSON text: who passes it on need not write it again. */
export function bytesAnswer(resultBytes: Buffer): UpstreamAnswer {
  let parsed: JsonObject | undefined;
  const response = {
    jsonrpc: '2.0' as const,
    id: 0,
    get result(): JsonObject {
      return (parsed ??= JSON.parse(resultBytes.toString('utf8')) as JsonObject);
    },
  };
  return { kind: 'response', response, resultBytes };
}

export function errorAnswer(code: number, message: string, data?: JsonObject): UpstreamAnswer {
  const error = { code, message, ...(data && { data }) };
  return { kind: 'response', response: { jsonrpc: '2.0', id: 0, error } };
}
