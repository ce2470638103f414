import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Unavailable } from '../errors.ts';
import type { AnswerPlan } from './answerHead.ts';
import { sessionNotFound } from './answerHead.ts';
import { answerRewrite, parseMessage } from './answerRewrite.ts';
import type { AnswerSink } from './answerSink.ts';
import type { Call } from './call.ts';
import { DiscardedAnswer } from './discardedAnswer.ts';
import { answerError } from './errorAnswer.ts';
import { JsonAnswer } from './jsonAnswer.ts';
import type { ProxyLimits } from './limits.ts';
import { RewrittenSseAnswer } from './rewrittenSseAnswer.ts';
import { responseHeaders } from './responseHeaders.ts';
import type { SessionTokens } from './sessionTokens.ts';
import { SseAnswer } from './sseAnswer.ts';
import type { TaskIds } from './taskIds.ts';
import { WholeAnswer } from './wholeAnswer.ts';

/** What every answer is made with. */
export interface AnswerContext {
  readonly res: ServerResponse;
  readonly call: Call;
  readonly tokens: SessionTokens;
  readonly taskIds: TaskIds;
  readonly limits: ProxyLimits;
}

/** A server that lost a session may say so with this code instead of a 404 (MCP.md 2.3). */
const LOST_SESSION = /"code"\s*:\s*-32000\b/;

/** Opens the way in which a server's answer reaches the client. */
export function openAnswer(
  plan: Exclude<AnswerPlan, { as: 'redirect' }>,
  status: number,
  server: IncomingHttpHeaders,
  context: AnswerContext,
): AnswerSink {
  const { res, call, tokens, taskIds, limits } = context;
  switch (plan.as) {
    case 'json': {
      const headers = responseHeaders(server, call, tokens, 'application/json');
      const rewrite = answerRewrite(call, taskIds);
      if (rewrite === undefined)
        return new JsonAnswer(res, status, headers, call.server.name, server['content-length']);
      return openWhole(context, status, headers, limits.maxFilteredBytes, (body) => {
        const text = body.toString('utf8');
        const message = parseMessage(text);
        if (message === undefined)
          return new Unavailable('upstream-truncated', 'The server sent half a JSON document.');
        const rewritten = rewrite(text, message) ?? text;
        return rewritten === text ? body : rewritten;
      });
    }
    case 'sse': {
      const answer = new SseAnswer(res, status, responseHeaders(server, call, tokens, 'text/event-stream'), call);
      const rewrite = answerRewrite(call, taskIds);
      if (rewrite === undefined) return answer;
      return new RewrittenSseAnswer(answer, rewrite, call.server.name, limits.maxFilteredBytes);
    }
    case 'session-error': {
      const headers = responseHeaders(server, call, tokens, 'application/json');
      return openWhole(context, status, headers, limits.maxFilteredBytes, (body) => {
        const text = body.toString('utf8');
        return LOST_SESSION.test(text) && /session/i.test(text) ? sessionNotFound() : body;
      });
    }
    case 'empty': {
      const headers = responseHeaders(server, call, tokens, undefined);
      if (status !== 204) headers.push('Content-Length', '0');
      return new DiscardedAnswer(() => {
        res.writeHead(status, headers);
        res.end();
      });
    }
    case 'error': {
      const { id, corsOrigin } = call;
      const headers = responseHeaders(server, { ...call, corsOrigin: undefined }, tokens, undefined);
      const options = { id, corsOrigin, headers, ...(plan.status === undefined ? {} : { status: plan.status }) };
      return new DiscardedAnswer(() => answerError(res.req, res, plan.error, options));
    }
  }
}

function openWhole(
  { res, call }: AnswerContext,
  status: number,
  headers: string[],
  maxBytes: number,
  rewrite: WholeRewrite,
): AnswerSink {
  return new WholeAnswer({ res, status, headers, server: call.server.name, maxBytes, rewrite });
}

type WholeRewrite = ConstructorParameters<typeof WholeAnswer>[0]['rewrite'];
