import { NotFound } from '../errors/appError.ts';
import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  RESOURCE_NOT_FOUND,
  SESSION_NOT_FOUND,
  TRANSPORT_ERROR,
} from './errorCodes.ts';
import { isJsonObject } from './jsonRpc.ts';

/** Errors about what was asked for, and not about the session in which it was asked. */
const ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([METHOD_NOT_FOUND, INVALID_PARAMS, RESOURCE_NOT_FOUND]);

/** Codes by which servers that do not answer 404 refuse a session. */
const REFUSES_SESSION: ReadonlySet<number> = new Set([TRANSPORT_ERROR, SESSION_NOT_FOUND, INVALID_REQUEST]);

/** A text that says no more than its status. */
const SAYS_NOTHING = /^\W*(?:404\W*)?(?:not[ _-]?found)?\W*$/i;

/** `No valid session ID provided`, `Unknown session`: the word stands near, or it is about something else of the session. */
const GONE_BEFORE =
  /\b(?:no|not|unknown|unrecogni[sz]ed|invalid|expired|missing|stale|inactive)\b[^,.;:]{0,24}session/i;

/** `Session abc not found`, `The session has expired`. */
const GONE_AFTER =
  /session[^,.;:]{0,80}\b(?:not|invalid|unknown|expired|terminated|missing|closed|ended|gone|lost|inactive|deleted|doesn.?t)\b/i;

/** What the TypeScript SDK's server says to the session of the process before it. */
const NOT_INITIALIZED = /\bserver not initialized\b/i;

/**
 * Tells whether a server's error within a session means that the session is lost: 404 does (MCP 2025-11-25,
 * basic/transports, "Session Management"), where the server does not say that it is about something else; 400 does where the
 * server says so, because the reference servers answer that.
 * @param body parsed, or its text where it is not JSON
 */
export function meansLostSession(status: number, body: unknown): boolean {
  const error = isJsonObject(body) && isJsonObject(body['error']) ? body['error'] : undefined;
  const code = typeof error?.['code'] === 'number' ? error['code'] : undefined;
  const message = typeof error?.['message'] === 'string' ? error['message'] : '';
  if (status === 404) {
    if (code === undefined || code === SESSION_NOT_FOUND) return true;
    return !ABOUT_THE_REQUEST.has(code) && (/session/i.test(message) || SAYS_NOTHING.test(message));
  }
  if (status !== 400) return false;
  if (typeof body === 'string') return saysLost(body);
  return code !== undefined && REFUSES_SESSION.has(code) && saysLost(message);
}

/** The answer to a session that is gone: 404 and -32001, whatever the server said (MCP 2025-11-25, "Session Management"). */
export function sessionNotFound(): NotFound {
  return new NotFound('session-not-found', 'Session not found');
}

function saysLost(text: string): boolean {
  return GONE_BEFORE.test(text) || GONE_AFTER.test(text) || NOT_INITIALIZED.test(text);
}
