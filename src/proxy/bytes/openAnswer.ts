import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { CallRegister } from '../../calls/callRegister.ts';
import { readErrorBody } from '../../mcp/errorBody.ts';
import { answerFailure } from '../../mcp/failures.ts';
import { meaningOf } from '../../mcp/httpStatus.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import { unreadableJson } from '../../mcp/unreadableJson.ts';
import { labelOf, passesStatus, type AnswerPlan } from './answerPlan.ts';
import { writeMemberEventId } from '../../upstream/aggregate/memberIds.ts';
import { eventRewrite } from './eventRewrite.ts';
import { STEP_CHARACTERS } from '../../slices.ts';
import { answerRewrite, messageSteps } from '../answerRewrite.ts';
import { answerRoom, type AnswerRoom } from './answerRoom.ts';
import type { AnswerSink } from './answerSink.ts';
import { BoundedEvents } from './boundedEvents.ts';
import { isStanding, type Call } from '../call.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import { answerError, errorMessage } from '../errorAnswer.ts';
import { fittingAnswer, hasErrorFor } from './fittingAnswer.ts';
import { JsonAnswer } from './jsonAnswer.ts';
import { ListChangeWatch } from './listChangeWatch.ts';
import type { ProxyLimits } from '../limits.ts';
import { passedHeaders, responseHeaders } from './responseHeaders.ts';
import { PlainEventsFirst } from './plainEventsFirst.ts';
import { RewrittenSseAnswer } from './rewrittenSseAnswer.ts';
import type { SessionTokens } from '../sessionTokens.ts';
import { SseAnswer } from './sseAnswer.ts';
import type { TaskIds } from '../tasks/taskIds.ts';
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
  /** Called when a server sends that a list of its has changed. */
  readonly onListChanged: ((server: string) => void) | undefined;
}

/** Opens the way in which a server's answer reaches the client; undefined: the head is enough, and the client has its answer. */
export function openAnswer(
  plan: Exclude<AnswerPlan, { as: 'redirect' }>,
  status: number,
  server: IncomingHttpHeaders,
  context: AnswerContext,
): AnswerSink | undefined {
  const { res, call, tokens, taskIds, limits } = context;
  switch (plan.as) {
    case 'json': {
      const headers = responseHeaders(server, call, tokens, 'application/json');
      const rewrite = answerRewrite(call, taskIds);
      if (rewrite === undefined) return new JsonAnswer(res, status, headers, call, server['content-length']);
      const answer = openWhole(context, status, headers, false, function* (received) {
        const scan = new MessageScan();
        for (let at = 0; at < received.length; at += STEP_CHARACTERS) {
          scan.push(received.subarray(at, at + STEP_CHARACTERS));
          yield;
        }
        if (!scan.complete) return unreadableJson(labelOf(call), received.toString('utf8'));
        answer.hasError = hasErrorFor(call, status, scan);
        const body = fittingAnswer(call, status, scan, received);
        if (body instanceof Error) return body;
        const text = body.toString('utf8');
        const message = yield* messageSteps(text);
        if (message === undefined) return unreadableJson(labelOf(call), text);
        const rewritten = (yield* rewrite(text, message)) ?? text;
        return rewritten === text ? body : rewritten;
      });
      return answer;
    }
    case 'sse': {
      const answer = new SseAnswer(res, status, responseHeaders(server, call, tokens, 'text/event-stream'), call);
      const rewrite = eventRewrite(call, taskIds);
      const onListChanged = (): void => context.onListChanged?.(call.server.name);
      const watched = (sink: AnswerSink): AnswerSink =>
        isStanding(call) ? new ListChangeWatch(sink, onListChanged) : sink;
      if (rewrite === undefined) return watched(answer);
      const { maxFilteredBytes: maxBytes } = limits;
      const { member } = call;
      const eventId = member && ((id: string) => writeMemberEventId(member.place, id));
      const rewritten = new RewrittenSseAnswer(answer, rewrite, eventId);
      const events = new BoundedEvents(rewritten, { server: call.server.name, maxBytes, room: roomOf(context) });
      // What the aggregate changes is in messages with a method, and in the ids of events.
      return watched(answerRewrite(call, taskIds) === undefined ? new PlainEventsFirst(answer, events) : events);
    }
    case 'error-body': {
      const headers = responseHeaders(server, call, tokens, 'application/json');
      const rewrite = answerRewrite(call, taskIds);
      return openWhole(context, status, headers, true, function* (bytes) {
        const text = bytes.toString('utf8');
        const body = readErrorBody(status, text, plan.mayMeanLostSession);
        if (body.is === 'lost-session') return sessionNotFound();
        if (body.is === 'json-rpc') return (rewrite && (yield* rewrite(text, body.value))) ?? bytes;
        const failure = { about: meaningOf(status), status };
        const error = answerFailure(labelOf(call), failure, body.text);
        return passesStatus(failure) ? errorMessage(error, call.id) : error;
      });
    }
    case 'empty': {
      // A message that was taken is answered with 202, whatever the server chose (MCP 2025-11-25, basic/transports).
      const outward = call.httpMethod === 'POST' ? 202 : status;
      const headers = responseHeaders(server, call, tokens, undefined);
      if (outward !== 204) headers.push('Content-Length', '0');
      res.writeHead(outward, headers);
      res.end();
      return undefined;
    }
    case 'refusal': {
      const headers = passedHeaders(server, call, tokens);
      answerError(res.req, res, { ...plan.refusal, headers }, call.corsOrigin);
      return undefined;
    }
  }
}

function openWhole(
  context: AnswerContext,
  status: number,
  headers: string[],
  mayBreakOff: boolean,
  rewrite: WholeRewrite,
): WholeAnswer {
  const { res, call, limits } = context;
  const { maxFilteredBytes: maxBytes } = limits;
  const room = roomOf(context);
  return new WholeAnswer({ res, status, headers, server: call.server.name, maxBytes, mayBreakOff, rewrite, room });
}

function roomOf({ res, call, register }: AnswerContext): AnswerRoom {
  return answerRoom(register.leaseBody(call.principal), res);
}

type WholeRewrite = ConstructorParameters<typeof WholeAnswer>[0]['rewrite'];
