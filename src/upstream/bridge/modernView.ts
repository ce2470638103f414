import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  MISSING_CLIENT_CAPABILITY,
  RESOURCE_NOT_FOUND,
  URL_ELICITATION_REQUIRED,
} from '../../mcp/errorCodes.ts';
import { MODERN_VERSIONS } from '../../mcp/eras.ts';
import { isJsonObject, type JsonObject, type JsonRpcErrorBody } from '../../mcp/jsonRpc.ts';
import { findMembers, withChanges } from '../../mcp/objectMembers.ts';
import { inSlices } from '../../slices.ts';
import { errorAnswer, resultAnswer } from '../answers.ts';
import type { UpstreamResult } from './legacyResult.ts';
import { withoutTasks } from './legacyView.ts';
import type { InputRequest } from './modernInputs.ts';
import type { ServerFacts, UpstreamAnswer, UpstreamRequest } from '../upstream.ts';

const VENDOR = 'io.modelcontextprotocol/';
const SERVER_INFO = `${VENDOR}serverInfo`;

/** Whose results say how long they hold (MCP 2026-07-28, server/utilities/caching). A legacy server does not know. */
const CACHEABLE: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);
const NOT_CACHED = { ttlMs: 0, cacheScope: 'private' };
const COMPLETE = { resultType: 'complete' };

/** What the modern revision has no more, or not for clients (MCP 2026-07-28, changelog). */
const REMOVED: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/get',
  'tasks/result',
  'tasks/list',
  'tasks/cancel',
  'tasks/update',
  // It is listened to.
  'subscriptions/listen',
]);

export function isRemoved(method: string): boolean {
  return REMOVED.has(method);
}

/** Makes the facts of a legacy server those that a modern client gets. */
export function modernFacts({ serverInfo, capabilities, instructions }: ServerFacts): ServerFacts {
  // Tasks of the legacy era are another thing, and no legacy server has the extension, though it may name it in any session.
  const kept = withoutTasks(capabilities);
  return { era: 'modern', protocolVersion: MODERN_VERSIONS[0], serverInfo, capabilities: kept, instructions };
}

/** Makes the answer to `server/discover` (MCP 2026-07-28, server/discover). */
export function discoverAnswer({ capabilities, instructions, serverInfo }: ServerFacts): UpstreamAnswer {
  return resultAnswer({
    ...COMPLETE,
    supportedVersions: MODERN_VERSIONS,
    capabilities,
    ...(instructions !== undefined && { instructions }),
    ...NOT_CACHED,
    ...(serverInfo !== undefined && { _meta: { [SERVER_INFO]: serverInfo } }),
  });
}

/** Takes out of a request what legacy servers know nothing of. */
export function legacyRequest({ method, params }: UpstreamRequest): UpstreamRequest {
  if (params === undefined) return { method };
  // A modern client has no tasks of the legacy kind: it could not ask for the result.
  const { _meta, task, ...rest } = params;
  const kept = task === undefined || method !== 'tools/call' ? { ...rest, ...(task !== undefined && { task }) } : rest;
  if (!isJsonObject(_meta)) return { method, params: kept };
  const meta = Object.fromEntries(Object.entries(_meta).filter(([name]) => !name.startsWith(VENDOR)));
  return { method, params: Object.keys(meta).length === 0 ? kept : { ...kept, _meta: meta } };
}

/** Makes a legacy server's answer what a modern client gets; a large result is not parsed for it. */
export function modernAnswer(
  { method, params }: UpstreamRequest,
  answer: UpstreamAnswer,
): UpstreamAnswer | Promise<UpstreamAnswer> {
  const { response } = answer;
  if ('error' in response) {
    return { kind: 'response', response: { ...response, error: modernError(response.error, params) } };
  }
  const added = CACHEABLE.has(method) ? { ...NOT_CACHED, ...COMPLETE } : COMPLETE;
  if (answer.resultBytes !== undefined) return withMembers({ ...answer, response }, answer.resultBytes, added);
  return { kind: 'response', response: { ...response, result: { ...added, ...response.result, ...COMPLETE } } };
}

/**
 * Reads what the user is to open before the server takes the request (MCP 2025-11-25, client/elicitation, URL Elicitation
 * Required Error), as input requests; undefined: it is another answer.
 */
export function urlElicitations(answer: UpstreamAnswer): ReadonlyMap<string, InputRequest> | undefined {
  const { response } = answer;
  if (!('error' in response) || response.error.code !== URL_ELICITATION_REQUIRED) return undefined;
  const { data } = response.error;
  const elicitations: unknown = isJsonObject(data) ? data['elicitations'] : undefined;
  if (!Array.isArray(elicitations)) return undefined;
  const inputs = new Map<string, InputRequest>();
  for (const one of (elicitations as readonly unknown[]).slice(0, MAX_ELICITATIONS)) {
    if (!isJsonObject(one) || typeof one['url'] !== 'string') return undefined;
    const { url, message = '' } = one;
    inputs.set(`url-${inputs.size + 1}`, { method: 'elicitation/create', params: { mode: 'url', url, message } });
  }
  return inputs.size === 0 ? undefined : inputs;
}

/** More than any server has a user open at once. */
const MAX_ELICITATIONS = 100;

/** Makes the error for a client that has not declared what the server needs (MCP 2026-07-28, Error codes). */
export function missingUrlMode(): UpstreamAnswer {
  const message = 'The server needs a client that can have its user open a URL.';
  return errorAnswer(MISSING_CLIENT_CAPABILITY, message, { requiredCapabilities: { elicitation: { url: {} } } });
}

function modernError(error: JsonRpcErrorBody, params: JsonObject | undefined): JsonRpcErrorBody {
  if (error.code === RESOURCE_NOT_FOUND) {
    // MCP 2026-07-28, server/resources, Error Handling.
    const data = isJsonObject(error.data) ? error.data : {};
    return { ...error, code: INVALID_PARAMS, data: { uri: params?.['uri'], ...data } };
  }
  // A modern server must not answer it (MCP 2026-07-28, changelog).
  return error.code === URL_ELICITATION_REQUIRED ? { ...error, code: INTERNAL_ERROR } : error;
}

async function withMembers(answer: UpstreamResult, json: Buffer, added: JsonObject): Promise<UpstreamAnswer> {
  const members = await inSlices(findMembers(json, new Set(Object.keys(added))));
  // A legacy server may know how long its result holds; by a resultType it means something of its own.
  const names = new Set(members.map(({ name }) => name).filter((name) => name !== 'resultType'));
  const strange = members.filter(({ name }) => name === 'resultType').map((member) => ({ member }));
  const kept = withChanges(json, strange);
  const missing = JSON.stringify(Object.fromEntries(Object.entries(added).filter(([name]) => !names.has(name))));
  const isEmpty = /^\{\s*\}/.test(kept.toString('latin1', 0, 64));
  const { response, readResult } = answer;
  const complete = (result: JsonObject): JsonObject => ({ ...added, ...result, ...COMPLETE });
  return {
    kind: 'response',
    response: {
      jsonrpc: '2.0',
      id: 0,
      get result(): JsonObject {
        return complete(response.result);
      },
    },
    // Behind the opening brace of the result.
    resultBytes: Buffer.concat([Buffer.from(missing.slice(0, -1)), Buffer.from(isEmpty ? '' : ','), kept.subarray(1)]),
    ...(readResult && { readResult: async () => complete(await readResult()) }),
  };
}
