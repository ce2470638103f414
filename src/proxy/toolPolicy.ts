import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { excerpt } from '../upstream/excerpt.ts';
import { pushCorsHeaders } from './cors.ts';
import { NO_STORE } from './noStore.ts';
import { isObject, type JsonRpcId, type Message } from './message.ts';
import { isReadOneWay } from './strictMembers.ts';

/** What becomes of a message of a key that is granted only some tools of the server. */
export type ToolVerdict =
  | { readonly pass: true }
  /** It does not reach the server; this is the answer. Without a body: 202. */
  | { readonly pass: false; readonly status: number; readonly body: string | undefined };

/** Methods that reach nothing but tools; all others are as if the server had nothing there. */
const PASSED_METHODS = new Set([
  'initialize',
  'logging/setLevel',
  'notifications/cancelled',
  'notifications/initialized',
  'notifications/progress',
  'notifications/roots/list_changed',
  'ping',
  'server/discover',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/result',
  'tasks/update',
  'tools/call',
  'tools/list',
]);

/** Lists that are empty, by method; the value names the member that holds the list. */
const EMPTY_LISTS = new Map([
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
]);

const PASS: ToolVerdict = { pass: true };
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
/** What revisions before 2026-07-28 answer for an unknown resource. */
const RESOURCE_NOT_FOUND = -32_002;

/**
 * Decides whether a message of a key with tool grants may reach the server. What is not granted is answered as if it did not
 * exist. A text that parsers could read in different ways is refused, for the server might read another message than we did.
 */
export function judgeTools(
  message: Message,
  body: unknown,
  bytes: Buffer,
  grant: (tool: string) => boolean,
): ToolVerdict {
  if (!isUtf8(bytes) || !isReadOneWay(bytes.toString('utf8'))) {
    return refusal(400, message.id, INVALID_REQUEST, 'The message could be read in more than one way.');
  }
  if (message.kind === 'batch') {
    const passes = Array.isArray(body) && body.every((element) => judgeOne(message, element, grant).pass);
    if (passes) return PASS;
    return refusal(400, null, INVALID_REQUEST, 'The batch contains a message that this key may not send.');
  }
  return judgeOne(message, body, grant);
}

/** Answers for the server what it was not asked. */
export function answerVerdict(
  res: ServerResponse,
  { status, body = '' }: Exclude<ToolVerdict, { pass: true }>,
  corsOrigin: string | undefined,
): void {
  const headers = ['Content-Length', String(Buffer.byteLength(body)), ...NO_STORE];
  if (body !== '') headers.push('Content-Type', 'application/json');
  if (corsOrigin !== undefined) pushCorsHeaders(headers, corsOrigin);
  res.writeHead(status, headers);
  res.end(body);
}

function judgeOne({ era }: Message, body: unknown, grant: (tool: string) => boolean): ToolVerdict {
  if (!isObject(body)) return refusal(400, null, INVALID_REQUEST, 'The message is not an object.');
  const { method, id, params } = body;
  const ofResponse = 'result' in body || 'error' in body;
  if (method === undefined) return PASS;
  if (typeof method !== 'string' || ofResponse) {
    return refusal(400, null, INVALID_REQUEST, 'The message is both a call and an answer.');
  }
  if (id === undefined && !method.startsWith('notifications/')) {
    return refusal(400, null, INVALID_REQUEST, `"${quoted(method)}" needs an id.`);
  }
  if (typeof id !== 'string' && typeof id !== 'number') {
    return PASSED_METHODS.has(method) ? PASS : { pass: false, status: 202, body: undefined };
  }
  const member = isObject(params) ? params : {};
  if (method === 'tools/call') {
    const { name } = member;
    if (typeof name === 'string' && grant(name)) return PASS;
    return refusal(200, id, INVALID_PARAMS, `Unknown tool: ${quoted(name)}`);
  }
  if (method === 'subscriptions/listen') return judgeListen(id, member);
  if (PASSED_METHODS.has(method)) return PASS;
  return absent(era, id, method, member);
}

/** A key that can't read resources can't watch them either. */
function judgeListen(id: JsonRpcId, params: Readonly<Record<string, unknown>>): ToolVerdict {
  const { notifications } = params;
  const watched = isObject(notifications) ? Object.keys(notifications).map((name) => name.toLowerCase()) : [];
  if (!watched.includes('resourcesubscriptions')) return PASS;
  return refusal(200, id, INVALID_PARAMS, 'Resource not found');
}

function absent(
  era: Message['era'],
  id: JsonRpcId,
  method: string,
  params: Readonly<Record<string, unknown>>,
): ToolVerdict {
  const list = EMPTY_LISTS.get(method);
  if (list !== undefined) {
    const modern = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: { [list]: [], ...modern } });
    return { pass: false, status: 200, body };
  }
  if (method === 'resources/read' || method === 'resources/subscribe' || method === 'resources/unsubscribe') {
    const code = era === 'modern' ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
    return refusal(200, id, code, 'Resource not found', { uri: quoted(params['uri']) });
  }
  if (method === 'prompts/get') return refusal(200, id, INVALID_PARAMS, `Unknown prompt: ${quoted(params['name'])}`);
  return refusal(era === 'modern' ? 404 : 200, id, METHOD_NOT_FOUND, 'Method not found');
}

/** What a client sent, fit to be told to it: megabytes are not. */
function quoted(value: unknown): string {
  return typeof value === 'string' ? excerpt(value, []) : '';
}

function refusal(status: number, id: JsonRpcId, code: number, message: string, data?: unknown): ToolVerdict {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { pass: false, status, body: JSON.stringify({ jsonrpc: '2.0', id, error }) };
}
