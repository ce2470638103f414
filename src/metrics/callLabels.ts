import type { CallEvent } from '../calls/callEvent.ts';

/** For what clients and servers make up: it gets no series of its own. */
export const OTHER = 'other';

/** The methods of both eras and of the extensions that the gateway knows, and what CallEvent has where there is none. */
const METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'resources/directory/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
  'skills/list',
  'skills/get',
  'tasks/list',
  'tasks/get',
  'tasks/result',
  'tasks/update',
  'tasks/cancel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'batch',
  'notification',
  'response',
  'GET',
  'POST',
  'DELETE',
]);

/** What HTTP servers of MCP answer with, and the gateway itself. */
const STATUSES: ReadonlySet<number> = new Set([
  200, 202, 204, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 429, 431,
  500, 501, 502, 503, 504, 508,
]);

/** The method of a call, as a label. */
export function methodLabel({ method }: Pick<CallEvent, 'method'>): string {
  return METHODS.has(method) ? method : OTHER;
}

/** The era of a call, as a label. */
export function eraLabel({ era }: Pick<CallEvent, 'era'>): 'modern' | 'legacy' | 'none' {
  return era ?? 'none';
}

/** An HTTP status, as a label: one that nobody expects by its class, and none where the client left before it got one. */
export function statusLabel(status: number): string {
  return STATUSES.has(status) ? String(status) : statusClass(status);
}

/** The class of an HTTP status, as a label. */
export function statusClass(status: number): string {
  if (status === 0) return 'none';
  return status >= 100 && status < 600 ? `${String(Math.floor(status / 100))}xx` : OTHER;
}
