import { createHash } from 'node:crypto';
import { canonicalForeign } from '../../mcp/canonicalItem.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { inSlices, type Steps } from '../../slices.ts';
import type { UpstreamRequest } from '../upstream.ts';

/** What a repeat of a request has of its own (MCP 2026-07-28, basic/patterns/mrtr). */
const OF_ONE_ATTEMPT: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState']);

/** Makes the digest by which the repeat of a request is known: SHA-256 over its method and the params that all attempts share. */
export function requestDigest(request: UpstreamRequest): Promise<string> | string {
  return inSlices(digestSteps(request));
}

/** Leaves out of the params what belongs to one attempt. */
export function withoutAttempt(params: JsonObject | undefined): JsonObject | undefined {
  if (params === undefined || (!('inputResponses' in params) && !('requestState' in params))) return params;
  const { inputResponses: _responses, requestState: _state, ...rest } = params;
  return rest;
}

function* digestSteps({ method, params = {} }: UpstreamRequest): Steps<string> {
  const hash = createHash('sha256').update(JSON.stringify(method));
  for (const [name, value] of membersOf(params)) {
    if (OF_ONE_ATTEMPT.has(name)) continue;
    hash.update(`,${JSON.stringify(name)}:`);
    // Arguments may be large: one after the other.
    if (!isJsonObject(value)) hash.update(canonicalForeign(value));
    else {
      for (const [inner, each] of membersOf(value)) {
        hash.update(`{${JSON.stringify(inner)}:${canonicalForeign(each)}`);
        yield;
      }
      hash.update('}');
    }
    yield;
  }
  return hash.digest('base64url');
}

function membersOf(object: JsonObject): readonly (readonly [string, unknown])[] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}
