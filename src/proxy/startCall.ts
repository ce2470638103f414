import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../auth/principal.ts';
import type { Via } from '../calls/via.ts';
import { Invalid } from '../errors/appError.ts';
import { sessionNotFound } from '../mcp/lostSession.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import type { HeldAggregates } from './aggregate/heldAggregates.ts';
import { memberCall } from './aggregate/memberCall.ts';
import type { Call } from './call.ts';
import type { CallContext } from './callContext.ts';
import { laneOf, type Lane, type Lanes } from './lane.ts';
import { LineResponse } from './lineResponse.ts';
import { unsentCall, unsentRequest, type Answered, type GatewayAnswers } from './gatewayAnswers.ts';
import type { Message } from './message.ts';
import type { ReadBody } from './readBody.ts';
import type { Session } from './sessionTokens.ts';
import { bindTasks } from './tasks/boundTasks.ts';

export interface CallStarterOptions {
  readonly context: CallContext;
  readonly lanes: Lanes;
  readonly aggregates: HeldAggregates;
  readonly via: Via;
  readonly answers: GatewayAnswers;
}

/** Starts a call of an admitted request in its lane. @throws what Lane.carry throws */
export type StartCall = (
  admitted: AdmittedRequest,
  httpMethod: Call['httpMethod'],
  message: Message | undefined,
  body: ReadBody | undefined,
) => void;

/** @throws Invalid before `initialize`; NotFound when the server is at another place now */
function sessionOfLine({ channel: { session } }: LineResponse, place: string): Session {
  if (session === undefined) throw new Invalid('session-required', 'Begin with "initialize": there is no session yet.');
  if (session.place !== place) throw sessionNotFound();
  return session;
}

/** Makes what starts calls: it finds the session and the tasks that a message names, and hands the call to its lane. */
export function createCallStarter({ context, lanes, aggregates, via, answers }: CallStarterOptions): StartCall {
  const { tokens, taskIds } = context;

  /** @throws NotFound when the client names a session that is not this key's with this server at this place */
  function sessionOf(req: IncomingMessage, { keyId }: Principal, place: string): Session | undefined {
    const token = req.headers['mcp-session-id'];
    if (token === undefined) return undefined;
    const session = typeof token === 'string' ? tokens.open(token) : undefined;
    if (session?.keyId !== keyId || session.place !== place) throw sessionNotFound();
    return session;
  }

  /** Carries as messages what a server refused as bytes. */
  function recarry(call: Call, req: IncomingMessage, res: ServerResponse, body: ReadBody | undefined): void {
    try {
      lanes.messages.carry(call, req, res, body);
    } catch (error) {
      answers.refuse({ req, res, id: call.id, call: unsentCall(call) }, error);
    }
  }

  return (admitted, httpMethod, message, body) => {
    const { req, res, principal, grant, server, view } = admitted;
    // The client may have left while something was awaited, and then its `close` event is over.
    if (res.destroyed) return;
    const answered = (): Answered => {
      return { req, res, id: message?.id, call: unsentRequest(admitted, message, body?.bytes.length) };
    };
    const era = message?.era ?? 'legacy';
    const isLine = res instanceof LineResponse;
    const lane: Lane = isLine ? lanes.messages : lanes[laneOf(admitted)];
    const place = view?.place ?? lane.placeOf(server);
    const cancels = isLine && message?.method === 'notifications/cancelled';
    const needsNone = era === 'modern' || message?.method === 'initialize' || cancels;
    const session = needsNone ? undefined : isLine ? sessionOfLine(res, place) : sessionOf(req, principal, place);
    if (session === undefined || lane.forward === undefined || isLine) {
      carry();
      return;
    }
    const fail = (error: unknown): void => answers.refuse(answered(), error);
    const carryAfter = (wait: Promise<void> | undefined): void => {
      if (wait === undefined) carry();
      else wait.then(carry).catch(fail);
    };
    const carryHere = (): void => {
      if (res.destroyed) return;
      carryAfter(view === undefined ? undefined : aggregates.checkNotEnded(session));
    };
    const gone = (): void => {
      try {
        carryHere();
      } catch (error) {
        fail(error);
      }
    };
    const forwarded = { req, res, body: body?.bytes, fail, gone };
    if (!lane.forward(session, view !== undefined, forwarded)) carryHere();

    function carry(): void {
      const ofTools = view === undefined ? grant : aggregates.grantOf({ principal, view, session, era });
      const owner = { keyId: principal.keyId, place };
      const bound = bindTasks(httpMethod, message, owner, ofTools, taskIds);
      if (bound !== undefined && 'status' in bound) {
        answers.answer(answered(), bound);
        return;
      }
      const call: Call = {
        principal,
        server,
        view,
        place,
        grant,
        httpMethod,
        era,
        kind: message?.kind,
        id: message?.id ?? null,
        awaited: message?.awaited ?? [],
        method: message?.method,
        tools: bound?.tools ?? message?.tools ?? [],
        onlyTools: bound?.onlyTools ?? message?.onlyTools ?? false,
        tasks: bound?.tasks,
        session,
        inSession: session !== undefined,
        corsOrigin: req.headers.origin,
        via: via.onward(req.headers.via),
        bytesIn: body?.bytes.length ?? 0,
        // There from the start: calls of one shape are read faster.
        member: undefined,
      };
      const bodyNow = bound?.bytes === undefined ? body : { bytes: bound.bytes, lease: body?.lease };
      if (res instanceof LineResponse) {
        lanes.messages.carry(call, req, res, bodyNow);
        return;
      }
      const asMessages = (): void => recarry(call, req, res, body);
      const joined = view && memberCall(call, body, req.headers, aggregates, asMessages);
      if (joined !== undefined) {
        res.once('close', joined.leave);
        try {
          lanes.bytes.carry(joined.call, req, res, joined.bytes && { bytes: joined.bytes, lease: body?.lease });
        } catch (error) {
          answers.refuse({ req, res, id: call.id, call: unsentCall(joined.call) }, error);
        }
        return;
      }
      lane.carry(call, req, res, bodyNow);
    }
  };
}
