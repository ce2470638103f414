import { AppError } from '../../errors/appError.ts';
import { connectionFailure } from './connectionFailure.ts';
import { judgeAnswer, type Verdict } from '../../mcp/answerVerdict.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import type { RequestBounds } from '../requestBounds.ts';
import { DecodedAnswer } from './decodedAnswer.ts';
import { HttpResponse } from './httpResponse.ts';
import type { HttpTarget } from './target.ts';

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
  const headers = { ...target.headers, ...options.headers };
  const { method: httpMethod, awaited } = options;
  const exchange = {
    httpMethod,
    awaited: awaited === undefined ? [] : [awaited],
    inSession: 'mcp-session-id' in options.headers,
  };
  let url = target.url;
  let response: HttpResponse | undefined;
  try {
    for (let redirects = 0; ; redirects++) {
      bounds.signal.throwIfAborted();
      response = new HttpResponse(bounds.signal);
      const request = {
        path: url.pathname + url.search,
        method: httpMethod,
        headers,
        body: options.body ?? null,
        idempotent: options.repeatable ?? isRepeatable({ httpMethod }),
        // The call has its own time-outs, which progress restarts.
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      target.connections.dispatch(request, new DecodedAnswer(response));
      await response.begun();
      bounds.received(0);
      const verdict = judgeAnswer(exchange, response.statusCode, response.headers, url, redirects);
      if (verdict.as !== 'redirect') return { response, verdict, url };
      response.destroy();
      url = verdict.url;
    }
  } catch (error) {
    response?.destroy();
    if (bounds.signal.aborted) throw bounds.signal.reason;
    throw error instanceof AppError ? error : connectionFailure(target, error, false);
  }
}
