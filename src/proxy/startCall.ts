import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Via } from '../calls/via.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { Era } from '../mcp/eras.ts';
import type { Eras } from '../upstream/eras.ts';
import { isolationOf } from '../upstream/stdio/processSharing.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import type { HeldAggregates } from './aggregate/heldAggregates.ts';
import { memberCall } from './aggregate/memberCall.ts';
import type { Call } from './call.ts';
import type { CallContext } from './callContext.ts';
import { createFindWay, type CallWay } from './callWay.ts';
import type { EraProbe } from './eraProbe.ts';
import { unsentCall, unsentRequest, type Answered, type GatewayAnswers } from './gatewayAnswers.ts';
import type { Lanes } from './lane.ts';
import { LineResponse } from './lineResponse.ts';
import type { Message } from './message.ts';
import type { Peers } from './peers.ts';
import type { ReadBody } from './readBody.ts';
import type { RequestStates } from './requestStates.ts';
import { traceparentOf } from '../tracing/tracer.ts';
import { bindTasks } from './tasks/boundTasks.ts';

export interface CallStarterOptions {
  readonly context: CallContext;
  readonly lanes: Lanes;
  readonly aggregates: HeldAggregates;
  readonly eras: Eras;
  readonly probeEra: EraProbe;
  readonly peers: Peers;
  readonly states: RequestStates;
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

/** Makes what starts calls: it finds the session and the tasks that a message names, and hands the call to its lane. */
export function createCallStarter(options: CallStarterOptions): StartCall {
  const { context, lanes, aggregates, eras, probeEra, peers, states, via, answers } = options;
  const { taskIds } = context;
  const findWay = createFindWay(lanes, eras, context.tokens);

  /** Carries as messages what a server refused as bytes. */
  function recarry(call: Call, req: IncomingMessage, res: ServerResponse, body: ReadBody | undefined): void {
    try {
      // What the server has taken until now is none of ours.
      lanes.messages.carry({ ...call, since: performance.now() }, req, res, body);
    } catch (error) {
      answers.refuse({ req, res, id: call.id, call: unsentCall(call) }, error);
    }
  }

  /** Where what a call goes on with lives, as `Peers.find` reads it; undefined: nowhere, so any replica carries it. */
  function homeOf(
    { principal, view }: AdmittedRequest,
    message: Message | undefined,
    { lane, session }: CallWay,
  ): string | undefined {
    const state = message?.requestState;
    if (state !== undefined) return states.homeOf(principal.keyId, state);
    return session && lane.homeOf?.(session, view !== undefined);
  }

  /** Names the program that those share who call a server: it is to run once, whichever process has got the call. */
  function programOf(server: LiveServer, keyId: string, era: Era): string | undefined {
    if (server.transport !== 'stdio') return undefined;
    const isolation = isolationOf(server);
    // A session has one of its own, where it begins; calls without a session share one.
    if (isolation === 'session' && era === 'legacy') return undefined;
    return isolation === 'shared' ? server.name : `${server.name} ${keyId}`;
  }

  /** The first request of a client to a server of which nothing is known: a refusal may be about its era. */
  function mayBeOfOtherEra(server: LiveServer, era: Era, message: Message | undefined): boolean {
    if (message?.kind !== 'request' || (era === 'legacy' && message.method !== 'initialize')) return false;
    return eras.speaks(server, era) === undefined;
  }

  return (admitted, httpMethod, message, body) => {
    const { req, res, principal, grant, server, view } = admitted;
    // The client may have left while something was awaited, and then its `close` event is over.
    if (res.destroyed) return;
    const answered = (): Answered => {
      return { req, res, id: message?.id, call: unsentRequest(admitted, message, body?.bytes.length) };
    };
    const way = findWay(admitted, message);
    const { era, session } = way;
    // What is under way in an exchange of lines lives where the exchange is.
    const home = res instanceof LineResponse ? undefined : homeOf(admitted, message, way);
    const owned = home === undefined && view === undefined ? programOf(server, principal.keyId, era) : undefined;
    if (res instanceof LineResponse || (home === undefined && owned === undefined)) {
      carry(way);
      return;
    }
    const fail = (error: unknown): void => answers.refuse(answered(), error);
    const carryHere = (): void => {
      if (res.destroyed) return;
      try {
        const wait = view && session && aggregates.checkNotEnded(session);
        if (wait === undefined) carry(way);
        else wait.then(() => carry(way)).catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    const found = home === undefined ? peers.ownerOf(owned ?? '', req) : peers.find(home, req);
    if (typeof found === 'string') carryHere();
    else peers.forward(found, { req, res, body: body?.bytes, fail, gone: carryHere });

    /** Carries the call in the lane that fits what the server has been found to speak. */
    function carryInEra(): void {
      if (res.destroyed) return;
      try {
        carry(findWay(admitted, message), false);
      } catch (error) {
        answers.refuse(answered(), error);
      }
    }

    function carry({ lane, place }: CallWay, mayAskForEra = true): void {
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
        // An exchange of lines has many messages, and its own headers are of none of them.
        traceparent: traceparentOf(
          message?.traceparent,
          res instanceof LineResponse ? undefined : req.headers.traceparent,
        ),
        via: via.onward(req.headers.via),
        bytesIn: body?.bytes.length ?? 0,
        since: mayAskForEra && body !== undefined ? body.since : performance.now(),
        // There from the start: calls of one shape are read faster.
        member: undefined,
        eraDoubt:
          mayAskForEra && lane === lanes.bytes && mayBeOfOtherEra(server, era, message)
            ? { isOther: async () => (await probeEra(call)) === false, goOn: carryInEra }
            : undefined,
      };
      const bodyNow = bound?.bytes === undefined ? body : { bytes: bound.bytes, lease: body?.lease, since: call.since };
      if (res instanceof LineResponse) {
        lanes.messages.carry(call, req, res, bodyNow);
        return;
      }
      const asMessages = (): void => recarry(call, req, res, body);
      const joined = view && memberCall(call, body, req.headers, aggregates, asMessages);
      if (joined !== undefined) {
        res.once('close', joined.leave);
        try {
          lanes.bytes.carry(
            joined.call,
            req,
            res,
            joined.bytes && { bytes: joined.bytes, lease: body?.lease, since: call.since },
          );
        } catch (error) {
          answers.refuse({ req, res, id: call.id, call: unsentCall(joined.call) }, error);
        }
        return;
      }
      lane.carry(call, req, res, bodyNow);
    }
  };
}
