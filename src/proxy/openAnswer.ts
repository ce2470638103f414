import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { CallRegister } from '../calls/callRegister.ts';
import { Unavailable } from '../errors.ts';
import type { AnswerPlan } from './answerHead.ts';
import { sessionNotFound } from './answerHead.ts';
import { answerRewrite, parseMessage } from './answerRewrite.ts';
import { answerRoom, type AnswerRoom } from './answerRoom.ts';
import type { AnswerSink } from './answerSink.ts';
import { BoundedEvents } from './boundedEvents.ts';
import type { Call } from './call.ts';
import { DiscardedAnswer } from './discardedAnswer.ts';
import { MessageScan } from '../mcp/messageScan.ts';
import { answerError } from './errorAnswer.ts';
import { fittingAnswer } from './fittingAnswer.ts';
import { JsonAnswer } from './jsonAnswer.ts';
import type { ProxyLimits } from './limits.ts';
import { passedHeaders, responseHeaders } from './responseHeaders.ts';
import { RewrittenSseAnswer } from './rewrittenSseAnswer.ts';
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
  /** Makes room for what is read whole. */
  readonly register: Pick<CallRegister, 'leaseBody'>;
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
      if (rewrite === undefined) return new JsonAnswer(res, status, headers, call, server['content-length']);
      return openWhole(context, status, headers, limits.maxFilteredBytes, (received) => {
        const scan = new MessageScan();
        scan.push(received);
        const body = scan.complete ? fittingAnswer(call, status, scan, received) : received;
        if (body instanceof Error) return body;
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
      const { maxFilteredBytes: maxBytes } = limits;
      const rewritten = new RewrittenSseAnswer(answer, rewrite);
      return new BoundedEvents(rewritten, { server: call.server.name, maxBytes, room: roomOf(context) });
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
      const headers = passedHeaders(server, call, tokens);
      const options = { id, corsOrigin, headers, ...(plan.status === undefined ? {} : { status: plan.status }) };
      return new DiscardedAnswer(() => answerError(res.req, res, plan.error, options));
    }
  }
}

function openWhole(
  context: AnswerContext,
  status: number,
  headers: string[],
  maxBytes: number,
  rewrite: WholeRewrite,
): AnswerSink {
  const { res, call } = context;
  const room = roomOf(context);
  return new WholeAnswer({ res, status, headers, server: call.server.name, maxBytes, rewrite, room });
}

function roomOf({ res, call, register }: AnswerContext): AnswerRoom {
  return answerRoom(register.leaseBody(call.principal), res);
}

type WholeRewrite = ConstructorParameters<typeof WholeAnswer>[0]['rewrite'];
