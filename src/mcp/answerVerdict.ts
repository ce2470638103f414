import { readCodings } from './contentCodings.ts';
import type { AnswerFailure } from './failures.ts';
import { firstOf, type HeaderFields } from './headerField.ts';
import { meaningOf, refusesMethod } from './httpStatus.ts';
import { essence, isJsonAnswer, isPage } from './mediaTypes.ts';
import type { JsonRpcId } from './jsonRpc.ts';
import { isRedirect, judgeRedirect } from './redirect.ts';

/** The request that an answer belongs to. */
export interface AnsweredRequest {
  readonly httpMethod: 'POST' | 'GET' | 'DELETE';
  /** The ids of the requests that it posts: none for a notification, a response, or a batch of those. */
  readonly awaited: readonly JsonRpcId[];
  /** It goes on with a legacy session. */
  readonly inSession: boolean;
}

/** What a server's answer is. */
export type Verdict =
  /** The server has taken the message, or ended the session; what else it sends has no meaning. */
  | { readonly as: 'accepted' }
  /** A JSON document that holds the response, or an event stream. */
  | { readonly as: 'json' }
  | { readonly as: 'event-stream' }
  /** The same request is to be sent to this address. */
  | { readonly as: 'redirect'; readonly url: URL }
  /** There is no event stream to GET, or a session is not ended by DELETE: both are optional. */
  | { readonly as: 'not-offered' }
  | { readonly as: 'session-lost' }
  /** An error whose body says what it is about: JSON-RPC that passes, a lost session, or nothing that we can read. */
  | { readonly as: 'error-body'; readonly mayMeanLostSession: boolean }
  | { readonly as: 'failure'; readonly failure: AnswerFailure };

/** Successes whose body, if there is one, is not the response (RFC 9110, 15.3). */
const BODILESS: ReadonlySet<number> = new Set([202, 204, 205]);

const ACCEPTED: Verdict = { as: 'accepted' };
const JSON_DOCUMENT: Verdict = { as: 'json' };
const EVENT_STREAM: Verdict = { as: 'event-stream' };
const NOT_OFFERED: Verdict = { as: 'not-offered' };
const SESSION_LOST: Verdict = { as: 'session-lost' };
const MAY_BE_LOST_SESSION: Verdict = { as: 'error-body', mayMeanLostSession: true };
const ERROR_BODY: Verdict = { as: 'error-body', mayMeanLostSession: false };

/**
 * Judges the head of a server's answer: the one place that knows what statuses and content types mean
 * (MCP 2025-11-25 and 2026-07-28, basic/transports).
 * @param from the URL that answered
 * @param redirects how many the request went through already
 */
export function judgeAnswer(
  exchange: AnsweredRequest,
  status: number,
  fields: HeaderFields,
  from: URL | undefined,
  redirects: number,
): Verdict {
  if (status < 300) return judgeSuccess(exchange, status, fields);
  if (status >= 400) return judgeRefusal(exchange, status, fields);
  const { httpMethod } = exchange;
  if (isRedirect(status)) {
    const redirect = judgeRedirect({ httpMethod, status, location: firstOf(fields['location']) }, from, redirects);
    if ('follow' in redirect) return { as: 'redirect', url: redirect.follow };
    if (httpMethod !== 'GET') return failure({ about: 'redirect', status, where: redirect.where });
  }
  // Some servers send a browser to their pages by it; only messages have to get through.
  if (httpMethod === 'GET') return NOT_OFFERED;
  return failure({ about: 'content', status, what: `answers HTTP ${status}, which is not an answer of MCP` });
}

function judgeSuccess({ httpMethod, awaited }: AnsweredRequest, status: number, fields: HeaderFields): Verdict {
  if (httpMethod === 'DELETE') return ACCEPTED;
  if (httpMethod === 'POST' && awaited.length === 0) return ACCEPTED;
  const type = essence(firstOf(fields['content-type']) ?? '');
  const isStream = type === 'text/event-stream';
  if (httpMethod === 'GET') {
    if (!isStream || BODILESS.has(status)) return NOT_OFFERED;
  } else if (BODILESS.has(status) || fields['content-length'] === '0') {
    return failure({ about: 'nothing', status });
  }
  const encoding = fields['content-encoding'];
  if (encoding !== undefined && readCodings(encoding) === undefined) {
    const what = `encodes its answer in a way that was not asked for and that can’t be undone (${String(encoding)})`;
    return failure({ about: 'content', status, what, remedy: 'Turn that off at the server or the proxy before it.' });
  }
  if (isStream) return EVENT_STREAM;
  return isJsonAnswer(type) ? JSON_DOCUMENT : failure({ about: 'content', status, ...wrongType(type) });
}

function wrongType(type: string): { what: string; remedy: string } {
  if (isPage(type)) {
    const remedy =
      'The configured URL may not be that of its MCP endpoint, or a login page or a proxy stands before it.';
    return { what: `answered with a page of type ${type}`, remedy };
  }
  const what = type === '' ? 'answered without a content type' : `answered with content of type ${type}`;
  const remedy =
    'MCP answers are application/json or text/event-stream: is the configured URL that of its MCP endpoint?';
  return { what, remedy };
}

function judgeRefusal({ httpMethod, inSession }: AnsweredRequest, status: number, fields: HeaderFields): Verdict {
  const meaning = meaningOf(status);
  if (meaning === 'credentials') return failure({ about: meaning, status });
  if (httpMethod !== 'POST' && refusesMethod(status)) return NOT_OFFERED;
  const type = essence(firstOf(fields['content-type']) ?? '');
  const isReadable = fields['content-length'] !== '0' && readCodings(fields['content-encoding']) !== undefined;
  const isJson = isReadable && isJsonAnswer(type);
  if (inSession && status === 404) {
    if (isJson) return MAY_BE_LOST_SESSION;
    // A web framework's page for a method without a handler: servers say in plain text or JSON that a session is gone.
    return httpMethod === 'GET' && isPage(type) ? NOT_OFFERED : SESSION_LOST;
  }
  if (inSession && status === 400 && isReadable) return MAY_BE_LOST_SESSION;
  // Many servers know no GET and say so in other ways than the specified 405, of which clients die.
  if (httpMethod === 'GET' && meaning === 'refusal' && !(inSession && isJson)) return NOT_OFFERED;
  return isJson ? ERROR_BODY : failure({ about: meaning, status });
}

function failure(found: AnswerFailure): Verdict {
  return { as: 'failure', failure: found };
}
