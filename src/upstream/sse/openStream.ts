import { answerFailure, notMcp } from '../../mcp/failures.ts';
import { firstOf } from '../../mcp/headerField.ts';
import { isRedirect, judgeRedirect } from '../../mcp/redirect.ts';
import { answerOf } from '../http/answer.ts';
import { sendHttp } from '../http/httpRequest.ts';
import type { HttpResponse } from '../http/httpResponse.ts';
import { readAnswer } from '../http/readAnswer.ts';
import type { HttpTarget } from '../http/target.ts';
import type { RequestBounds } from '../requestBounds.ts';

/** An event stream that has begun, and the URL that answered. */
export interface OpenStream {
  readonly response: HttpResponse;
  readonly url: URL;
}

/**
 * Opens the event stream that is a session at the server (MCP 2024-11-05, basic/transports, HTTP with SSE).
 * @throws Unavailable; the reason of the bounds' signal
 */
export async function openStream(target: HttpTarget, bounds: RequestBounds): Promise<OpenStream> {
  const judged = await sendHttp(target, bounds, { method: 'GET', headers: { accept: 'text/event-stream' } });
  const { response, verdict, url } = judged;
  const { statusCode: status } = response;
  if (verdict.as === 'event-stream') return { response, url };
  if (verdict.as !== 'not-offered') {
    const { failure } = await answerOf(readAnswer({ target, bounds, awaited: undefined }, judged));
    throw failure?.error ?? noStream(target, status);
  }
  response.destroy();
  if (!isRedirect(status)) throw noStream(target, status);
  const location = firstOf(response.headers['location']);
  const redirect = judgeRedirect({ httpMethod: 'GET', status, location }, url, Infinity);
  throw answerFailure(target, {
    about: 'redirect',
    status,
    where: 'where' in redirect ? redirect.where : redirect.follow.pathname,
  });
}

function noStream(target: HttpTarget, status: number) {
  const update = `metamcp-cli servers update ${target.server}`;
  const remedy =
    'The configured URL has to be that of its event stream, which often ends in /sse; a server of Streamable HTTP has the ' +
    `transport http. To correct it: ${update} --url URL, or ${update} --transport http`;
  return notMcp(target, `opens no event stream (HTTP ${status})`, '', { status, remedy });
}
