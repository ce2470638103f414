import type { IncomingHttpHeaders } from 'node:http';
import { Invalid, Limited } from '../errors/appError.ts';
import { excerpt } from '../mcp/excerpt.ts';
import { FIRST_MODERN_REVISION, isModernRevision } from '../mcp/eras.ts';
import { isJsonObject, type JsonRpcId } from '../mcp/jsonRpc.ts';
import { CAPABILITIES_KEY, VERSION_KEY, type Message } from './message.ts';
import type { Refusal } from './refusal.ts';
import { checkMirroredHeaders } from '../mcp/mirroredHeaders.ts';

const NO_TOOLS: readonly string[] = [];
const NO_IDS: readonly JsonRpcId[] = [];

/** Messages in one batch: each is judged, and its tool watched while the call runs. Only MCP 2025-03-26 has batches at all. */
const MAX_BATCH = 1_000;

/** Characters of an id, of a method and of a tool's name: they are held, compared and written down as long as the call runs. */
const MAX_NAME_CHARACTERS = 1_024;

/**
 * Finds out which era a POST body is of and what kind of message it is, and that the headers do not lie about it
 * (MCP 2026-07-28, basic/versioning; basic/transports, "Standard headers"). The order of the checks is part of the rule.
 * @param headers undefined: the message has none of its own, since it came as a line
 */
export function classify(body: unknown, headers: IncomingHttpHeaders | undefined): Message | Refusal {
  if (Array.isArray(body)) return classifyBatch(body);
  if (!isJsonObject(body) || body['jsonrpc'] !== '2.0') return notJsonRpc();
  const { method, id } = body;
  if (method === undefined)
    return isResponse(body) ? legacy({ kind: 'response', id: null, method: undefined, tools: NO_TOOLS }) : notJsonRpc();
  if (typeof method !== 'string') return notJsonRpc();
  const tooLong = whatIsTooLong(id, method, body['params']);
  if (tooLong !== undefined) return notJsonRpc(tooLong);
  if (id === undefined) return classifyCall('notification', null, method, body['params'], headers);
  if (!isRequestId(id)) return notJsonRpc();
  return classifyCall('request', id, method, body['params'], headers);
}

function classifyCall(
  kind: 'request' | 'notification',
  id: JsonRpcId,
  method: string,
  params: unknown,
  headers: IncomingHttpHeaders | undefined,
): Message | Refusal {
  const meta = isJsonObject(params) ? params['_meta'] : undefined;
  const header = singleHeader(headers?.['mcp-protocol-version']);
  const headerIsModern = header !== undefined && isModernRevision(header);
  const claims = isJsonObject(meta) && Object.hasOwn(meta, VERSION_KEY);
  const tools = toolsOf(method, params);
  const traceparent = isJsonObject(meta) ? meta['traceparent'] : undefined;

  if (method === 'initialize' && !(claims && isWholeEnvelope(meta))) {
    if (!headerIsModern) return legacy({ kind, id, method, tools: NO_TOOLS, traceparent });
    const message = `"initialize" belongs to revisions before ${FIRST_MODERN_REVISION}, but MCP-Protocol-Version names ${header}.`;
    return { error: new Invalid('header-mismatch', message), id };
  }
  if (!claims) {
    if (!headerIsModern) return legacy({ kind, id, method, tools, traceparent });
    if (kind === 'request') {
      const message = `MCP-Protocol-Version names ${header}, but the request lacks params._meta["${VERSION_KEY}"].`;
      return { error: new Invalid('invalid-envelope', message), id };
    }
  } else {
    const version = meta[VERSION_KEY];
    if (typeof version !== 'string') return badEnvelope(VERSION_KEY, id);
    if (kind === 'request' && !isJsonObject(meta[CAPABILITIES_KEY])) return badEnvelope(CAPABILITIES_KEY, id);
    if (headers !== undefined && header !== version && (header !== undefined || kind === 'request')) {
      const message = `The body names revision ${excerpt(version, [])}, but MCP-Protocol-Version ${header === undefined ? 'is missing' : `names ${header}`}.`;
      return { error: new Invalid('header-mismatch', message), id };
    }
  }
  const mismatch = headers && checkMirroredHeaders(kind, method, params, headers);
  if (mismatch !== undefined) return { error: mismatch, id };
  const awaited = awaitedBy(kind, id);
  return {
    era: 'modern',
    kind,
    id,
    awaited,
    method,
    tools,
    onlyTools: tools.length > 0,
    requestState: stateOf(params),
    traceparent,
  };
}

function classifyBatch(elements: readonly unknown[]): Message | Refusal {
  if (elements.length === 0) return notJsonRpc('An empty batch is not a JSON-RPC message.');
  if (elements.length > MAX_BATCH) {
    const message = `The batch has ${String(elements.length)} messages, at most ${String(MAX_BATCH)} may be in one: send several.`;
    return { error: new Limited('batch-too-large', message, { data: { maxMessages: MAX_BATCH } }), id: null };
  }
  const tools: string[] = [];
  const awaited: JsonRpcId[] = [];
  for (const element of elements) {
    if (!isJsonObject(element) || element['jsonrpc'] !== '2.0') return notJsonRpc();
    const { method, id, params } = element;
    const meta = isJsonObject(params) ? params['_meta'] : undefined;
    if (isJsonObject(meta) && Object.hasOwn(meta, VERSION_KEY)) {
      return notJsonRpc(`Revision ${FIRST_MODERN_REVISION} and later have no batches.`);
    }
    const isCall = typeof method === 'string' && (id === undefined || isRequestId(id));
    if (!isCall && !(method === undefined && isResponse(element))) return notJsonRpc();
    const tooLong = isCall ? whatIsTooLong(id, method, params) : undefined;
    if (tooLong !== undefined) return notJsonRpc(tooLong);
    if (isCall) tools.push(...toolsOf(method, params));
    if (isCall && id !== undefined) awaited.push(id);
  }
  const onlyTools = tools.length > 0 && tools.length === awaited.length;
  return { ...legacy({ kind: 'batch', id: null, method: undefined, tools }), onlyTools, awaited };
}

function legacy(about: Pick<Message, 'kind' | 'id' | 'method' | 'tools' | 'traceparent'>): Message {
  const { kind, id, method, tools, traceparent } = about;
  const awaited = awaitedBy(kind, id);
  return { era: 'legacy', kind, id, awaited, method, tools, onlyTools: tools.length > 0, traceparent };
}

function awaitedBy(kind: Message['kind'], id: JsonRpcId): readonly JsonRpcId[] {
  return kind === 'request' ? [id] : NO_IDS;
}

function notJsonRpc(message = 'The body is not a JSON-RPC 2.0 message.'): Refusal {
  return { error: new Invalid('invalid-request', message), id: null };
}

function badEnvelope(key: string, id: JsonRpcId): Refusal {
  return { error: new Invalid('invalid-envelope', `params._meta["${key}"] is missing or not of the right type.`), id };
}

function isWholeEnvelope(meta: Readonly<Record<string, unknown>>): boolean {
  const version = meta[VERSION_KEY];
  return typeof version === 'string' && isModernRevision(version) && isJsonObject(meta[CAPABILITIES_KEY]);
}

function whatIsTooLong(id: unknown, method: string, params: unknown): string | undefined {
  const what =
    (isTooLong(id) && 'id') ||
    (isTooLong(method) && 'method') ||
    (isTooLong(toolsOf(method, params)[0]) && 'name of the tool');
  return what ? `The ${what} is longer than ${String(MAX_NAME_CHARACTERS)} characters.` : undefined;
}

function isTooLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > MAX_NAME_CHARACTERS;
}

function isRequestId(id: unknown): id is string | number {
  return typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id));
}

function isResponse(body: Readonly<Record<string, unknown>>): boolean {
  return 'result' in body ? isRequestId(body['id']) : isJsonObject(body['error']);
}

function toolsOf(method: string, params: unknown): readonly string[] {
  if (method !== 'tools/call' || !isJsonObject(params)) return NO_TOOLS;
  return typeof params['name'] === 'string' ? [params['name']] : NO_TOOLS;
}

function stateOf(params: unknown): string | undefined {
  const state = isJsonObject(params) ? params['requestState'] : undefined;
  return typeof state === 'string' ? state : undefined;
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() : value?.join(', ');
}
