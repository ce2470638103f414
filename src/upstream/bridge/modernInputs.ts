import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { isJsonObject, type JsonObject, type JsonRpcErrorBody } from '../../mcp/jsonRpc.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { allowsServerRequest } from '../../mcp/serverRequests.ts';

/** The requests during which a server may ask for input (MCP 2026-07-28, basic/patterns/mrtr, Supported Requests). */
const ASKING: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** What may be asked for (MCP 2026-07-28, basic/patterns/mrtr, InputRequests). */
const INPUTS: ReadonlySet<string> = new Set(['elicitation/create', 'sampling/createMessage', 'roots/list']);

/** What a server asks for, as a modern client gets it. */
export interface InputRequest {
  readonly method: string;
  readonly params?: JsonObject;
}

/** What an input request takes until it is answered, in characters of JSON. */
export function sizeOf(request: InputRequest): number {
  return stringifyLossless(request).length;
}

export function mayAskForInput(method: string): boolean {
  return ASKING.has(method);
}

/**
 * Makes an input request of a legacy server's request, where the client has declared what it takes (MCP 2026-07-28,
 * basic/patterns/mrtr, Server Requirements).
 * @param capabilities of the client, in the legacy shape
 */
export function inputRequestOf(
  { method, params = {} }: { readonly method: string; readonly params?: JsonObject | undefined },
  capabilities: JsonObject,
): { readonly input: InputRequest } | { readonly refusal: JsonRpcErrorBody } {
  if (!INPUTS.has(method) || !allowsServerRequest(capabilities, method)) {
    return { refusal: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
  }
  const missing = missingCapability(method, params, capabilities);
  if (missing !== undefined) {
    return { refusal: { code: INVALID_PARAMS, message: `The client has not declared ${missing}.` } };
  }
  // A task is of the legacy revision, and so is the id by which it tells that the user has been at the URL.
  const { _meta, task: _task, elicitationId: _id, ...rest } = params;
  const meta = isJsonObject(_meta) ? withoutToken(_meta) : {};
  const kept = { ...rest, ...(Object.keys(meta).length > 0 && { _meta: meta }) };
  return { input: method === 'roots/list' && Object.keys(kept).length === 0 ? { method } : { method, params: kept } };
}

/** The part of a capability that a request takes and the client lacks (MCP 2025-11-25, client/elicitation, client/sampling). */
function missingCapability(method: string, params: JsonObject, capabilities: JsonObject): string | undefined {
  if (method === 'elicitation/create') {
    const declared = capabilities['elicitation'];
    const modes = isJsonObject(declared) ? declared : {};
    const mode = params['mode'] === 'url' ? 'url' : 'form';
    // No mode at all means the one that was there first.
    const isDeclared = isJsonObject(modes[mode]) || (mode === 'form' && !isJsonObject(modes['url']));
    return isDeclared ? undefined : `elicitation.${mode}`;
  }
  if (method === 'sampling/createMessage' && (params['tools'] !== undefined || params['toolChoice'] !== undefined)) {
    const sampling = capabilities['sampling'];
    return isJsonObject(sampling) && isJsonObject(sampling['tools']) ? undefined : 'sampling.tools';
  }
  return undefined;
}

/** No progress comes of what the client does between two requests. */
function withoutToken(meta: JsonObject): JsonObject {
  const { progressToken: _token, ...rest } = meta;
  return rest;
}

/**
 * Reads what a repeat brings. A member that was not asked for is ignored (MCP 2026-07-28, basic/patterns/mrtr, Error Handling).
 * @returns undefined when it is malformed
 */
export function readInputResponses(
  params: JsonObject | undefined,
  keys: Iterable<string>,
): ReadonlyMap<string, JsonObject> | undefined {
  const responses = params?.['inputResponses'] ?? {};
  if (!isJsonObject(responses)) return undefined;
  const read = new Map<string, JsonObject>();
  for (const key of keys) {
    const response = Object.hasOwn(responses, key) ? responses[key] : undefined;
    if (response === undefined) continue;
    if (!isJsonObject(response)) return undefined;
    read.set(key, response);
  }
  return read;
}
