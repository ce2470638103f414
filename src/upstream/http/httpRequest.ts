import { request, type Dispatcher } from 'undici';
import { AppError } from '../../errors/appError.ts';
import { connectionFailure } from './connectionFailure.ts';
import { judgeAnswer, type Verdict } from '../../mcp/answerVerdict.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { HttpTarget } from './target.ts';
import { CONNECTION_HEADERS } from '../../vault/serverSecrets.ts';

export type HttpResponse = Dispatcher.ResponseData;

/** An answer and what it is, all redirects having been followed. */
export interface Judged {
  readonly response: HttpResponse;
  readonly verdict: Exclude<Verdict, { as: 'redirect' }>;
  /** Of whom has answered. */
  readonly url: URL;
}

/**
 * Sends one HTTP request with the configured headers and those of the protocol, and nothing else of ours.
 * @throws Unavailable; the call's abort reason
 */
export async function sendHttp(
  target: HttpTarget,
  bounds: RequestBounds,
  options: {
    method: 'POST' | 'GET' | 'DELETE';
    headers: Readonly<Record<string, string>>;
    body?: string;
    /** The id of the request that it posts, if it does. */
    awaited?: number | undefined;
    /** The server may get it twice, where it is not known whether it got it once. (Default: what its method says) */
    repeatable?: boolean;
  },
): Promise<Judged> {
  const configured = Object.entries(target.headers).filter(([name]) => !CONNECTION_HEADERS.has(name));
  const path = target.via === undefined ? {} : { via: target.via };
  const headers = { ...Object.fromEntries(configured), ...path, ...options.headers };
  const { method: httpMethod, awaited } = options;
  const exchange = {
    httpMethod,
    awaited: awaited === undefined ? [] : [awaited],
    inSession: 'mcp-session-id' in options.headers,
  };
  let url = target.url;
  try {
    for (let redirects = 0; ; redirects++) {
      bounds.signal.throwIfAborted();
      const response = await request(url, {
        method: httpMethod,
        headers,
        body: options.body ?? null,
        idempotent: options.repeatable ?? isRepeatable({ httpMethod: options.method }),
        dispatcher: target.dispatcher,
        signal: bounds.signal,
        // The call has its own time-outs, which progress restarts.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      bounds.received(0);
      const verdict = judgeAnswer(exchange, response.statusCode, response.headers, url, redirects);
      if (verdict.as !== 'redirect') return { response, verdict, url };
      discard(response);
      url = verdict.url;
    }
  } catch (error) {
    if (bounds.signal.aborted) throw bounds.signal.reason;
    throw error instanceof AppError ? error : connectionFailure(target, error, false);
  }
}

/** Ends a response whose rest is of no use, and its connection with it. */
export function discard(response: HttpResponse): void {
  response.body.on('error', () => undefined).destroy();
}
