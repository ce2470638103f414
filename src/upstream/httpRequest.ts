import { request, type Dispatcher } from 'undici';
import { AppError } from '../errors.ts';
import { connectionFailure } from './connectionFailure.ts';
import { redirected } from '../mcp/failures.ts';
import { isRepeatable } from '../mcp/resending.ts';
import type { Call } from './call.ts';
import type { Endpoint } from './endpoint.ts';
import { CONNECTION_HEADERS } from '../auth/serverSecrets.ts';

/** Same-origin redirects followed for one request; servers add or drop a trailing slash. */
const MAX_REDIRECTS = 3;

export type HttpResponse = Dispatcher.ResponseData;

/**
 * Sends one HTTP request with the configured headers and those of the protocol, and nothing else of ours.
 * @throws Unavailable; the call's abort reason
 */
export async function sendHttp(
  endpoint: Endpoint,
  call: Call,
  options: {
    method: 'POST' | 'GET' | 'DELETE';
    headers: Readonly<Record<string, string>>;
    body?: string;
    /** The server may get it twice, where it is not known whether it got it once. (Default: what its method says) */
    repeatable?: boolean;
  },
): Promise<HttpResponse> {
  const configured = Object.entries(endpoint.headers).filter(([name]) => !CONNECTION_HEADERS.has(name));
  const path = endpoint.via === undefined ? {} : { via: endpoint.via };
  const headers = { ...Object.fromEntries(configured), ...path, ...options.headers };
  let url = endpoint.url;
  try {
    for (let redirects = 0; ; redirects++) {
      call.signal.throwIfAborted();
      const response = await request(url, {
        method: options.method,
        headers,
        body: options.body ?? null,
        idempotent: options.repeatable ?? isRepeatable({ httpMethod: options.method }),
        dispatcher: endpoint.dispatcher,
        signal: call.signal,
        // The call has its own time-outs, which progress restarts.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      call.heard(0);
      if (response.statusCode < 300 || response.statusCode > 399) return response;
      discard(response);
      url = follow(endpoint, url, response, redirects);
    }
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    throw error instanceof AppError ? error : connectionFailure(endpoint, error, false);
  }
}

/** Ends a response whose rest nobody wants, and its connection with it. */
export function discard(response: HttpResponse): void {
  response.body.on('error', () => undefined).destroy();
}

function follow(endpoint: Endpoint, from: URL, response: HttpResponse, redirects: number): URL {
  const { statusCode, headers } = response;
  const location = typeof headers.location === 'string' ? headers.location : '';
  const target = location !== '' && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target === undefined) throw redirected(endpoint, statusCode, 'no usable address');
  // Another origin must not get the configured credentials, nor decide what we connect to.
  if (target.origin !== from.origin) throw redirected(endpoint, statusCode, `another origin, ${target.origin}`);
  // 301, 302 and 303 may turn a POST into a GET (RFC 9110, 15.4); only these two keep the method.
  if (statusCode !== 307 && statusCode !== 308) throw redirected(endpoint, statusCode, 'a page');
  if (redirects >= MAX_REDIRECTS) throw redirected(endpoint, statusCode, 'yet another address');
  return target;
}
