import { isJsonObject } from './jsonRpc.ts';

/** What is known of a message's effect on the server when no answer came: none, or nothing. */
export type Processed = false | 'unknown';

/** How much of a request the server can have received when its connection was lost. */
export type Sent = 'nothing' | 'part' | 'whole';

/**
 * Methods that a server may process twice without harm: they only read, or bring about a state that is already there the
 * second time. Two are less obvious. `initialize` sent twice leaves at most an unused session, which the server
 * expires. `notifications/progress` is missing because its numbers must grow (MCP 2025-11-25, basic/utilities/progress),
 * `tasks/cancel` because the second one is refused (basic/utilities/tasks).
 */
const REPEATABLE: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/roots/list_changed',
]);

/** What is sent, as far as it decides whether it may be sent twice. */
export interface Sendable {
  readonly httpMethod: 'POST' | 'GET' | 'DELETE';
  readonly kind?: 'request' | 'notification' | 'response' | 'batch' | undefined;
  readonly method?: string | undefined;
}

/**
 * Tells whether a server may get this twice without harm. GET opens a stream, DELETE ends what may already have ended
 * (RFC 9110, 9.2.2), and a second response to one request of the server is ignored.
 */
export function isRepeatable({ httpMethod, kind, method }: Sendable): boolean {
  return httpMethod !== 'POST' || kind === 'response' || (method !== undefined && REPEATABLE.has(method));
}

/** Tells whether a tool says that calling it twice does what calling it once does (MCP 2025-11-25, server/tools, Tool annotations). */
export function isRepeatableTool(annotations: unknown): boolean {
  if (!isJsonObject(annotations)) return false;
  return annotations['readOnlyHint'] === true || annotations['idempotentHint'] === true;
}

/**
 * Tells what is known of a request whose connection was lost before any byte of an answer. A server can’t act on a
 * request that it has not received whole: an MCP message is a JSON text whose length its head declares.
 */
export function isProcessed(sent: Sent): Processed {
  return sent === 'whole' ? 'unknown' : false;
}

/**
 * Tells whether a request may be sent again whose connection was lost before any byte of an answer (RFC 9110, 9.2.2): the
 * server surely did not act on it, or may act on it twice. One that found no connection would find none again.
 */
export function maySendAgain(sent: Sent, repeatable: boolean): boolean {
  return sent === 'part' || (sent === 'whole' && repeatable);
}
