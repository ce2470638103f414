import { createHash } from 'node:crypto';
import { canonicalForeign } from '../../mcp/canonicalItem.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { inSlices, type Steps } from '../../slices.ts';
import type { UpstreamRequest } from '../upstream.ts';

/** What a repeat of a request has of its own (MCP 2026-07-28, basic/patterns/mrtr). */
const OF_ONE_ATTEMPT: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState']);

/** By which the repeat of a request is known. */
export interface RequestDigest {
  /** SHA-256 over the method and the params that all attempts share, in base64url. */
  readonly text: string;
  /** Of those params, in characters of JSON. */
  readonly size: number;
}

/** Makes the digest of a request, in slices where it is large. */
export function requestDigest(request: UpstreamRequest): Promise<RequestDigest> | RequestDigest {
  return inSlices(digestSteps(request));
}

/** Leaves out of the params what belongs to one attempt. */
export function withoutAttempt(params: JsonObject | undefined): JsonObject | undefined {
  if (params === undefined || (!('inputResponses' in params) && !('requestState' in params))) return params;
  const { inputResponses: _responses, requestState: _state, ...rest } = params;
  return rest;
}

function* digestSteps({ method, params = {} }: UpstreamRequest): Steps<RequestDigest> {
  const hash = createHash('sha256');
  let size = 0;
  const add = (text: string): void => {
    hash.update(text);
    size += text.length;
  };
  add(JSON.stringify(method));
  for (const [name, value] of membersOf(params)) {
    if (OF_ONE_ATTEMPT.has(name)) continue;
    add(`,${JSON.stringify(name)}:`);
    // Arguments may be large: one after the other.
    if (!isJsonObject(value)) add(canonicalForeign(value));
    else {
      for (const [inner, each] of membersOf(value)) {
        add(`{${JSON.stringify(inner)}:${canonicalForeign(each)}`);
        yield;
      }
      add('}');
    }
    yield;
  }
  return { text: hash.digest('base64url'), size };
}

function membersOf(object: JsonObject): readonly (readonly [string, unknown])[] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}
