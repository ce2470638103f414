import { LOG_LEVELS, type LogLevel } from '../../mcp/logLevels.ts';
import { isJsonObject, type JsonObject, type ServerNotification } from '../../mcp/jsonRpc.ts';
import type { AskOptions, SideMessage } from '../upstream.ts';

/** Who waits for a call at a server now: the client's request, or its repeat. */
export interface CallClient {
  /** In the legacy shape. */
  readonly capabilities: JsonObject;
  /** Of log messages that it asks for; undefined: none. */
  readonly logLevel: LogLevel | undefined;
  /** Undefined: it asks for no progress. */
  readonly progressToken: unknown;
  readonly options: AskOptions;
}

/** What of a notification that belongs to a call its client gets; undefined: nothing. */
export function notificationFor(
  client: Pick<CallClient, 'logLevel' | 'progressToken'>,
  notification: ServerNotification,
): SideMessage | undefined {
  const { method, params } = notification;
  if (method === 'notifications/message') {
    return isWanted(client.logLevel, params?.['level']) ? { kind: 'notification', notification } : undefined;
  }
  if (method !== 'notifications/progress') return { kind: 'notification', notification };
  const { progressToken } = client;
  if (progressToken === undefined || progressToken === null) return undefined;
  return { kind: 'notification', notification: { ...notification, params: { ...params, progressToken } } };
}

/** A level that nobody knows is as talkative as any (MCP 2026-07-28, server/utilities/logging). */
function isWanted(wanted: LogLevel | undefined, level: unknown): boolean {
  if (wanted === undefined) return false;
  const at = LOG_LEVELS.findIndex((known) => known === level);
  return Math.max(at, 0) >= LOG_LEVELS.indexOf(wanted);
}

/** Reads the token by which a request asks for progress. */
export function progressTokenOf(params: JsonObject | undefined): unknown {
  const meta = params?.['_meta'];
  return isJsonObject(meta) ? meta['progressToken'] : undefined;
}
