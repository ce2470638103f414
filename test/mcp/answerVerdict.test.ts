import { describe, expect, it } from 'vitest';
import { judgeAnswer, type AnsweredRequest, type Verdict } from '../../src/mcp/answerVerdict.ts';

const URL_OF_SERVER = new URL('https://mcp.example/mcp');
const REQUEST: AnsweredRequest = { httpMethod: 'POST', awaited: [1], inSession: false };
const MESSAGES: Readonly<Record<string, AnsweredRequest>> = {
  'a request': REQUEST,
  'a request in a session': { ...REQUEST, inSession: true },
  'a notification': { ...REQUEST, awaited: [] },
  'a notification in a session': { ...REQUEST, awaited: [], inSession: true },
  'a GET': { httpMethod: 'GET', awaited: [], inSession: false },
  'a GET in a session': { httpMethod: 'GET', awaited: [], inSession: true },
  'a DELETE': { httpMethod: 'DELETE', awaited: [], inSession: true },
};

interface Head {
  readonly status: number;
  readonly type?: string | undefined;
  readonly length?: string;
  readonly encoding?: string | string[];
  readonly location?: string;
  readonly redirects?: number;
}

function judge(exchange: AnsweredRequest, { status, type, length, encoding, location, redirects = 0 }: Head): Verdict {
  const fields = {
    'content-type': type,
    'content-length': length,
    'content-encoding': encoding,
    location,
  };
  return judgeAnswer(exchange, status, fields, URL_OF_SERVER, redirects);
}

/** A verdict in few words. */
function verdict(message: string, head: Head): string {
  const exchange = MESSAGES[message];
  if (exchange === undefined) throw new Error(`there is no ${message}`);
  const found = judge(exchange, head);
  if (found.as === 'failure') return found.failure.about;
  if (found.as === 'error-body') return found.mayMeanLostSession ? 'body: session?' : 'body';
  return found.as === 'redirect' ? found.url.href : found.as;
}

const JSON_TYPE = 'application/json';
const SSE = 'text/event-stream';
const HTML = 'text/html; charset=utf-8';

describe('an answer to a message', () => {
  it.each<[string, number, string | undefined, string]>([
    ['a request', 200, JSON_TYPE, 'json'],
    ['a request', 201, JSON_TYPE, 'json'],
    ['a request', 200, SSE, 'event-stream'],
    ['a request', 201, 'Text/Event-Stream;charset=UTF-8', 'event-stream'],
    ['a request', 206, SSE, 'event-stream'],
    ['a request', 202, undefined, 'nothing'],
    ['a request', 202, JSON_TYPE, 'nothing'],
    ['a request', 204, undefined, 'nothing'],
    ['a request', 200, HTML, 'content'],
    ['a request', 200, undefined, 'content'],
    ['a request', 304, undefined, 'content'],
    ['a request', 400, JSON_TYPE, 'body'],
    ['a request', 400, HTML, 'refusal'],
    ['a request', 404, JSON_TYPE, 'body'],
    ['a request', 404, HTML, 'refusal'],
    ['a request', 405, HTML, 'refusal'],
    ['a request', 401, JSON_TYPE, 'credentials'],
    ['a request', 403, HTML, 'credentials'],
    ['a request', 407, JSON_TYPE, 'credentials'],
    ['a request', 408, HTML, 'outage'],
    ['a request', 425, HTML, 'outage'],
    ['a request', 429, HTML, 'outage'],
    ['a request', 500, JSON_TYPE, 'body'],
    ['a request', 501, HTML, 'outage'],
    ['a request', 502, HTML, 'outage'],
    ['a request', 503, SSE, 'outage'],
    ['a request in a session', 404, undefined, 'session-lost'],
    ['a request in a session', 404, HTML, 'session-lost'],
    ['a request in a session', 404, JSON_TYPE, 'body: session?'],
    ['a request in a session', 400, JSON_TYPE, 'body: session?'],
    ['a request in a session', 400, 'text/plain', 'body: session?'],
    ['a request in a session', 409, JSON_TYPE, 'body'],
    ['a notification', 200, JSON_TYPE, 'accepted'],
    ['a notification', 200, SSE, 'accepted'],
    ['a notification', 200, HTML, 'accepted'],
    ['a notification', 202, undefined, 'accepted'],
    ['a notification', 204, undefined, 'accepted'],
    ['a notification', 400, JSON_TYPE, 'body'],
    ['a notification', 503, HTML, 'outage'],
    ['a notification in a session', 404, HTML, 'session-lost'],
    ['a GET', 200, SSE, 'event-stream'],
    ['a GET', 201, SSE, 'event-stream'],
    ['a GET', 200, HTML, 'not-offered'],
    ['a GET', 200, JSON_TYPE, 'not-offered'],
    ['a GET', 204, undefined, 'not-offered'],
    ['a GET', 304, undefined, 'not-offered'],
    ['a GET', 400, JSON_TYPE, 'not-offered'],
    ['a GET', 404, HTML, 'not-offered'],
    ['a GET', 405, HTML, 'not-offered'],
    ['a GET', 406, JSON_TYPE, 'not-offered'],
    ['a GET', 501, HTML, 'not-offered'],
    ['a GET', 401, HTML, 'credentials'],
    ['a GET', 429, HTML, 'outage'],
    ['a GET', 503, HTML, 'outage'],
    ['a GET in a session', 405, JSON_TYPE, 'not-offered'],
    ['a GET in a session', 404, 'text/plain', 'session-lost'],
    ['a GET in a session', 404, HTML, 'not-offered'],
    ['a GET in a session', 409, JSON_TYPE, 'body'],
    ['a GET in a session', 406, HTML, 'not-offered'],
    ['a DELETE', 200, HTML, 'accepted'],
    ['a DELETE', 204, undefined, 'accepted'],
    ['a DELETE', 405, JSON_TYPE, 'not-offered'],
    ['a DELETE', 501, HTML, 'not-offered'],
    ['a DELETE', 404, undefined, 'session-lost'],
    ['a DELETE', 500, HTML, 'outage'],
  ])('to %s: %i with %s is %s', (message, status, type, expected) => {
    expect(verdict(message, { status, type })).toBe(expected);
  });

  // Those of TypeScript and Go read the first two, those of Python and Rust the third too; none reads the others.
  it.each([
    ['application/json', 'json'],
    ['Application/JSON ; charset="utf-8"', 'json'],
    ['application/json-rpc', 'json'],
    ['text/json', 'content'],
    ['application/vnd.api+json', 'content'],
    ['text/plain', 'content'],
  ])('of type %s is %s, as official clients read it', (type, expected) => {
    expect(verdict('a request', { status: 200, type })).toBe(expected);
  });

  it('of a type that is sent twice is of the first', () => {
    const fields = { 'content-type': [JSON_TYPE, JSON_TYPE] };
    expect(judgeAnswer(REQUEST, 200, fields, URL_OF_SERVER, 0)).toEqual({ as: 'json' });
  });

  it('without a byte is nothing, whatever its type', () => {
    expect(verdict('a request', { status: 200, type: JSON_TYPE, length: '0' })).toBe('nothing');
    expect(verdict('a request', { status: 200, type: SSE, length: '0' })).toBe('nothing');
    expect(verdict('a request', { status: 404, type: JSON_TYPE, length: '0' })).toBe('refusal');
    expect(verdict('a notification', { status: 200, length: '0' })).toBe('accepted');
  });

  it.each<[string | string[], string]>([
    ['gzip', 'json'],
    ['X-GZIP', 'json'],
    ['deflate, br', 'json'],
    ['zstd', 'json'],
    [['gzip', 'br'], 'json'],
    ['identity', 'json'],
    ['', 'json'],
    // Not registered: a mistake for no coding, and clients read the content as it is.
    ['utf-8', 'json'],
    ['compress', 'content'],
    ['gzip, aes128gcm', 'content'],
    ['gzip, gzip, gzip, gzip, gzip, gzip', 'content'],
  ])('encoded as %j is %s', (encoding, expected) => {
    expect(verdict('a request', { status: 200, type: JSON_TYPE, encoding })).toBe(expected);
  });

  it('says with its status what is wrong, however its body is encoded', () => {
    expect(verdict('a request', { status: 503, type: JSON_TYPE, encoding: 'compress' })).toBe('outage');
    expect(verdict('a request', { status: 404, type: JSON_TYPE, encoding: 'compress' })).toBe('refusal');
    expect(verdict('a notification', { status: 200, type: JSON_TYPE, encoding: 'compress' })).toBe('accepted');
  });
});

describe('a redirect', () => {
  it.each<[string, number, string | undefined, string]>([
    ['a request', 307, '/other?a=1', 'https://mcp.example/other?a=1'],
    ['a request', 308, 'sub/', 'https://mcp.example/sub/'],
    ['a notification', 307, 'https://mcp.example/mcp/', 'https://mcp.example/mcp/'],
    ['a DELETE', 308, '/mcp/', 'https://mcp.example/mcp/'],
    ['a DELETE', 302, '/mcp/', 'redirect'],
    ['a request', 301, '/mcp/', 'redirect'],
    ['a request', 302, '/login', 'redirect'],
    ['a request', 303, '/mcp/', 'redirect'],
    ['a request', 307, 'http://mcp.example/mcp', 'redirect'],
    ['a request', 307, 'https://mcp.example:8443/mcp', 'redirect'],
    ['a request', 307, 'https://evil.example/mcp', 'redirect'],
    ['a request', 307, '//evil.example/mcp', 'redirect'],
    ['a request', 307, undefined, 'redirect'],
    ['a request', 307, '', 'redirect'],
    ['a request', 307, 'http://', 'redirect'],
    ['a GET', 302, '/mcp/', 'https://mcp.example/mcp/'],
    ['a GET', 301, '/mcp/', 'https://mcp.example/mcp/'],
    // Some servers send whoever comes by GET to their pages.
    ['a GET', 302, 'https://docs.example/', 'not-offered'],
  ])('of %s: %i to %s is %s [proxy-redirect-stays]', (message, status, location, expected) => {
    expect(verdict(message, { status, ...(location !== undefined && { location }) })).toBe(expected);
  });

  it('is followed five times, and no more', () => {
    expect(verdict('a request', { status: 307, location: '/a', redirects: 4 })).toBe('https://mcp.example/a');
    expect(verdict('a request', { status: 307, location: '/a', redirects: 5 })).toBe('redirect');
  });
});
