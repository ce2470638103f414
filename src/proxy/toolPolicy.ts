import { isUtf8 } from 'node:buffer';
import type { Era } from '../mcp/eras.ts';
import { excerpt } from '../mcp/excerpt.ts';
import { isJsonObject, type JsonRpcId } from '../mcp/jsonRpc.ts';
import type { Message } from './message.ts';
import { INVALID_PARAMS, INVALID_REQUEST, RESOURCE_NOT_FOUND } from '../mcp/errorCodes.ts';
import { methodNotFound, ambiguousMessage, serverError, DROPPED, type LocalAnswer } from './localAnswer.ts';
import { isReadOneWay } from './strictMembers.ts';

/** Methods of both eras that reach nothing but tools. */
const OF_BOTH = [
  'notifications/cancelled',
  'notifications/progress',
  'server/discover',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/result',
  'tasks/update',
  'tools/call',
  'tools/list',
];

/** Methods that reach nothing but tools, by era; all others are as if the server had nothing there. */
const PASSED_METHODS: Readonly<Record<Era, ReadonlySet<string>>> = {
  modern: new Set(OF_BOTH),
  legacy: new Set([
    ...OF_BOTH,
    'initialize',
    'logging/setLevel',
    'notifications/initialized',
    'notifications/roots/list_changed',
    'ping',
  ]),
};

/** Lists that are empty, by method; the value names the member that holds the list. */
const EMPTY_LISTS = new Map([
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
]);

/** The outcome of what is no message. */
const INVALID = { outcome: 'invalid-request' };

/** Methods about one resource, by era; MCP 2026-07-28 has removed the other two. */
const OF_RESOURCES: Readonly<Record<Era, ReadonlySet<string>>> = {
  modern: new Set(['resources/read']),
  legacy: new Set(['resources/read', 'resources/subscribe', 'resources/unsubscribe']),
};

/**
 * Decides whether a message of a key with tool grants may reach the server. What is not granted is answered as if it did not
 * exist. A text that parsers could read in different ways is refused, for the server might read another message than we did.
 * Returns the answer to what may not; undefined for what may.
 */
export function judgeTools(
  message: Message,
  body: unknown,
  bytes: Buffer,
  grant: (tool: string) => boolean,
): LocalAnswer | undefined {
  if (!isUtf8(bytes) || !isReadOneWay(bytes.toString('utf8'))) {
    return ambiguousMessage(message.id);
  }
  if (message.kind === 'batch') {
    const passes = Array.isArray(body) && body.every((element) => judgeOne(message, element, grant) === undefined);
    if (passes) return undefined;
    return serverError(400, null, INVALID_REQUEST, 'The batch contains a message that this key may not send.');
  }
  return judgeOne(message, body, grant);
}

function judgeOne({ era }: Message, body: unknown, grant: (tool: string) => boolean): LocalAnswer | undefined {
  if (!isJsonObject(body)) return serverError(400, null, INVALID_REQUEST, 'The message is not an object.', INVALID);
  const { method, id, params } = body;
  const ofResponse = 'result' in body || 'error' in body;
  if (method === undefined) return undefined;
  if (typeof method !== 'string' || ofResponse) {
    return serverError(400, null, INVALID_REQUEST, 'The message is both a call and an answer.', INVALID);
  }
  if (id === undefined && !method.startsWith('notifications/')) {
    return serverError(400, null, INVALID_REQUEST, `"${quoted(method)}" needs an id.`, INVALID);
  }
  if (typeof id !== 'string' && typeof id !== 'number') {
    return PASSED_METHODS[era].has(method) ? undefined : DROPPED;
  }
  const member = isJsonObject(params) ? params : {};
  if (method === 'tools/call') {
    const { name } = member;
    if (typeof name === 'string' && grant(name)) return undefined;
    return serverError(200, id, INVALID_PARAMS, `Unknown tool: ${quoted(name)}`);
  }
  if (method === 'subscriptions/listen') return judgeListen(id, member);
  if (PASSED_METHODS[era].has(method)) return undefined;
  return absent(era, id, method, member);
}

/** A key that can't read resources can't watch them either; to name none asks for nothing. */
function judgeListen(id: JsonRpcId, params: Readonly<Record<string, unknown>>): LocalAnswer | undefined {
  const { notifications } = params;
  const watched = isJsonObject(notifications) ? Object.entries(notifications) : [];
  const namesResources = ([name, value]: readonly [string, unknown]) =>
    name.toLowerCase() === 'resourcesubscriptions' && value !== null && !(Array.isArray(value) && value.length === 0);
  if (!watched.some(namesResources)) return undefined;
  return serverError(200, id, INVALID_PARAMS, 'Resource not found');
}

function absent(era: Era, id: JsonRpcId, method: string, params: Readonly<Record<string, unknown>>): LocalAnswer {
  const list = EMPTY_LISTS.get(method);
  if (list !== undefined) {
    const modern = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: { [list]: [], ...modern } });
    return { status: 200, body };
  }
  if (OF_RESOURCES[era].has(method)) {
    const code = era === 'modern' ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
    return serverError(200, id, code, 'Resource not found', { data: { uri: quoted(params['uri']) } });
  }
  if (method === 'prompts/get')
    return serverError(200, id, INVALID_PARAMS, `Unknown prompt: ${quoted(params['name'])}`);
  return methodNotFound(era, id);
}

/** What a client sent, cut to a length that fits into an error. */
function quoted(value: unknown): string {
  return typeof value === 'string' ? excerpt(value, []) : '';
}
