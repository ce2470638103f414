import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { mayRefuseEra } from '../../mcp/httpStatus.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import { connectionFailure } from '../../upstream/http/connectionFailure.ts';
import { DecodedAnswer } from '../../upstream/http/decodedAnswer.ts';
import { startUpstreamSpan } from '../../upstream/tracedUpstream.ts';
import { toolOf, type Call, type EraDoubt } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import { ClientSide, type ServerSide } from '../clientSide.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import { planAnswer, type AnswerPlan } from './answerPlan.ts';
import { internalError } from '../errorAnswer.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';
import { sendCancelled } from './cancelledNotification.ts';
import { openAnswer } from './openAnswer.ts';
import type { OutgoingRequest } from './outgoingRequest.ts';
import { ServerExchange } from './serverExchange.ts';
import { isLostToolCall, type ToolHints } from './toolHints.ts';

/** What all relays of a process share. */
export interface RelayContext extends CallContext {
  readonly toolHints: ToolHints;
}

/**
 * Carries one call as bytes: the request to the server, the server's answer to the client. It is the HTTP client's handler itself,
 * so that nothing stands between the two sockets. The client's side knows how far the call is; this is the server's side.
 */
export class Relay implements Dispatcher.DispatchHandler, ServerSide {
  readonly #context: RelayContext;
  readonly #res: ServerResponse;
  readonly #call: Call;
  readonly #agent: UpstreamAgent;
  readonly #client: ClientSide;
  readonly #server = new ServerExchange();
  /** Until the answer begins. */
  #outgoing: OutgoingRequest | undefined;
  #sink: AnswerSink | undefined;
  /** Settled when the last piece has been worked on. */
  #working: Promise<void> | undefined;
  /** The address that got the request last. */
  #url: URL | undefined;
  #redirects = 0;
  /** Where the request is to be sent again. */
  #redirect: URL | undefined;

  constructor(context: RelayContext, res: ServerResponse, call: Call, agent: UpstreamAgent) {
    this.#context = context;
    this.#res = res;
    this.#call = call;
    this.#agent = agent;
    this.#url = call.server.url;
    this.#client = new ClientSide(context, res, call, this);
  }

  /** Sends the request. @throws what CallRegister.open throws */
  start(outgoing: OutgoingRequest): void {
    this.#client.begin();
    this.#dispatch(this.#traced(outgoing));
    this.#client.own.end();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#server.begin(controller);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || !this.#client.isOpen) return;
    this.#client.own.begin();
    this.#start(controller, status, headers);
    this.#client.own.end();
  }

  #start(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    const now = this.#context.clock();
    const plan = planAnswer(this.#call, status, headers, this.#url, this.#redirects);
    if (plan.as === 'redirect') {
      this.#client.received(now);
      this.#redirect = plan.url;
      this.#server.readRest(0);
      return;
    }
    if (plan.as === 'refusal' && plan.refusal.error.code === 'session-not-found' && this.#call.member !== undefined) {
      this.#client.fail(plan.refusal.error);
      return;
    }
    const begin = (): void => this.#begin(plan, status, headers);
    const { eraDoubt } = this.#call;
    if (eraDoubt === undefined || !mayRefuseEra(status)) begin();
    else {
      this.#client.received(now);
      this.#judgeEra(eraDoubt, controller, begin);
    }
  }

  /** The answer begins, for the client. */
  #begin(plan: Exclude<AnswerPlan, { as: 'redirect' }>, status: number, headers: IncomingHttpHeaders): void {
    this.#outgoing?.body?.lease?.release();
    this.#outgoing = undefined;
    this.#endSession(plan);
    const { tokens, taskIds, limits, register, onListChanged } = this.#context;
    const context = { res: this.#res, call: this.#call, tokens, taskIds, limits, register, onListChanged };
    this.#sink = openAnswer(plan, status, headers, context);
    if (this.#sink !== undefined) this.#client.answer(this.#sink, this.#context.clock());
    else this.#client.answered(plan.as === 'refusal' ? plan.refusal.error.code : undefined);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const sink = this.#sink;
    // Of a redirect the head is enough.
    if (!this.#client.isOpen || sink === undefined) {
      this.#server.readRest(chunk.length);
      return;
    }
    const { own } = this.#client;
    own.begin();
    const now = this.#context.clock();
    this.#client.received(now);
    const taken = sink.data(chunk);
    if (taken instanceof Promise) this.#waitFor(taken, controller);
    else this.#took(taken, now, controller);
    own.end();
  }

  /** Holds a refusal back until it is known whether it is about the era: a request that may have been processed is not sent twice for it. */
  #judgeEra(doubt: EraDoubt, controller: Dispatcher.DispatchController, begin: () => void): void {
    controller.pause();
    this.#working = doubt.isOther().then((isOther) => {
      this.#working = undefined;
      if (isOther && this.#client.handOver(doubt.goOn)) return;
      if (this.#client.isOpen) begin();
      controller.resume();
    });
  }

  /** Reads no more until a piece has been worked on. */
  #waitFor(taken: Promise<PieceOutcome>, controller: Dispatcher.DispatchController): void {
    const { own } = this.#client;
    own.begin();
    controller.pause();
    this.#working = taken
      .catch((error: unknown) => internalError(this.#context.logger, error))
      .then((outcome) => {
        this.#working = undefined;
        if (this.#client.isOpen) this.#took(outcome, this.#context.clock(), controller);
        if (outcome !== 'full' || !this.#client.isOpen) controller.resume();
        own.end();
      });
  }

  #took(taken: PieceOutcome, now: number, controller: Dispatcher.DispatchController): void {
    switch (taken) {
      case 'held':
        return;
      case 'passed':
        this.#client.sent(now);
        return;
      case 'full':
        this.#client.sent(now);
        controller.pause();
        this.#client.afterDrain(() => controller.resume());
        return;
      case 'over':
        this.#client.answered();
        return;
      default:
        this.#client.fail(taken);
    }
  }

  onResponseEnd(): void {
    if (this.#working !== undefined) {
      void this.#working.then(() => this.onResponseEnd());
      return;
    }
    if (this.#followRedirect()) return;
    this.#client.own.begin();
    this.#client.complete();
    this.#client.own.end();
    this.#server.end();
  }

  onResponseError(controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#working !== undefined) {
      void this.#working.then(() => this.onResponseError(controller, cause));
      return;
    }
    if (this.#followRedirect() || this.#repeatToolCall(controller, cause)) return;
    const { name: server, timeouts } = this.#call.server;
    const failure = connectionFailure({ server, timeouts, url: this.#url }, cause, this.#sink !== undefined);
    this.#server.end(failure.code);
    if (this.#client.isOpen) this.#client.breakOff(failure);
  }

  get isOver(): boolean {
    return this.#server.isOver;
  }

  abort(): void {
    this.#server.abort();
  }

  cancel(reason: string): void {
    sendCancelled(this.#res.req.headers, this.#call, this.#agent, this.#url, reason);
  }

  release(isAnswered: boolean): void {
    if (isAnswered) this.#server.readRest(0);
    else this.#server.abort();
  }

  /** Has the request name the span of what is done at the server. */
  #traced(outgoing: OutgoingRequest): OutgoingRequest {
    const { tracer } = this.#context;
    if (tracer === undefined) return outgoing;
    const { server, method, httpMethod } = this.#call;
    const about = { method: method ?? httpMethod, tool: toolOf(this.#call) };
    const span = startUpstreamSpan(tracer, server, about, this.#client.traceparent);
    this.#server.trace(span);
    // Names and values take turns.
    const at = outgoing.headers.findIndex((text, n) => n % 2 === 0 && text.toLowerCase() === 'traceparent');
    const headers = [...outgoing.headers];
    if (at === -1) headers.push('traceparent', span.traceparent);
    else headers[at + 1] = span.traceparent;
    return { ...outgoing, headers };
  }

  #dispatch(outgoing: OutgoingRequest): void {
    this.#outgoing = outgoing;
    const { httpMethod: method } = this.#call;
    const { headers, body: read, repeatable = isRepeatable(this.#call) } = outgoing;
    const url = this.#redirects === 0 ? undefined : this.#url;
    const path = url === undefined ? this.#agent.path : url.pathname + url.search;
    const body = read?.bytes ?? null;
    // Time-outs are watched by the register's sweep: one timer for the process instead of one per connection.
    const request = { path, method, headers, body, idempotent: repeatable, headersTimeout: 0, bodyTimeout: 0 };
    this.#agent.connections.dispatch(request, new DecodedAnswer(this));
  }

  /** What is under way in a session ends with it, also where the server lets it go on. */
  #endSession(plan: AnswerPlan): void {
    const { httpMethod, server, session } = this.#call;
    if (httpMethod !== 'DELETE' || session === undefined) return;
    const isOver = plan.as !== 'refusal' || plan.refusal.error.code === 'session-not-found';
    if (isOver) this.#context.register.cutSession(server.name, session.token, sessionNotFound());
  }

  /** Sends the request to where a redirect leads, however the redirect's body has ended. */
  #followRedirect(): boolean {
    const url = this.#redirect;
    if (url === undefined || this.#outgoing === undefined || !this.#client.isOpen) return false;
    this.#redirect = undefined;
    this.#url = url;
    this.#redirects++;
    this.#server.again();
    this.#dispatch(this.#outgoing);
    return true;
  }

  /** Asks the server whether a lost tool call may be made again, and makes it then. Returns whether the server is asked. */
  #repeatToolCall(controller: Dispatcher.DispatchController, cause: Error): boolean {
    const outgoing = this.#outgoing;
    if (outgoing === undefined || outgoing.repeatable !== undefined || !this.#client.isOpen) return false;
    if (!isLostToolCall(this.#call, cause)) return false;
    void this.#context.toolHints.mayRepeat(this.#call, this.#agent, outgoing).then((repeatable) => {
      this.#outgoing = { ...outgoing, repeatable };
      if (repeatable && this.#client.isOpen) this.#dispatch(this.#outgoing);
      else this.onResponseError(controller, cause);
    });
    return true;
  }
}
