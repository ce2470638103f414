import type { Principal } from '../auth/principal.ts';
import { CallClocks } from '../calls/callClocks.ts';
import { openCall, type CallEnding, type OpenCall } from '../calls/openCall.ts';
import { OwnTime } from '../calls/ownTime.ts';
import type { RunningCall } from '../calls/runningCall.ts';
import { Limited, type AppError } from '../errors/appError.ts';
import { gatewayStopping } from '../errors/gatewayStopping.ts';
import { isTooSlow } from '../front/requestQueue.ts';
import { bodyBytesOf, protocolOf, requestIdOf } from '../front/frontResponse.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { readTraceparent, type Span } from '../tracing/tracer.ts';
import type { AnswerWriter } from './answerWriter.ts';
import { CUT_GRACE_MS } from '../calls/callLimits.ts';
import { isStanding, requestsIn, toolOf, type Call } from './call.ts';
import type { CallContext } from './callContext.ts';
import { answerError, internalError } from './errorAnswer.ts';
import { startCallSpan } from './callSpan.ts';
import { LineResponse, type CallResponse } from './lineResponse.ts';

/**
 * How far a call is, as its client sees it. `asking`: the client has nothing yet. `answering`: the server's answer passes.
 * `ending`: the client gets no more than what was written: all of its answer, or an error. `over`: it has gone.
 */
type State = 'asking' | 'answering' | 'ending' | 'over';

/** The other side of a call: what the lane does at the server. */
export interface ServerSide {
  /** Nothing more comes from the server. */
  readonly isOver: boolean;
  /** Ends the exchange with the server. */
  abort(): void;
  /** Cancels the request at the server, where the end of the exchange alone does not cancel it. */
  cancel(reason: string): void;
  /** The client is gone. @param isAnswered it has taken its whole answer */
  release(isAnswered: boolean): void;
}

/**
 * The client's side of a call, in either lane: its place in the register, its clocks, its answer's state, and every way in which
 * it can end but for the server's own.
 */
export class ClientSide implements RunningCall {
  readonly principal: Principal;
  /** Undefined for the aggregate: what it asks of its servers are running calls of their own. */
  readonly server: LiveServer | undefined;
  readonly sessionToken: string | undefined;
  readonly tools: readonly string[];
  readonly onlyTools: boolean;
  readonly standing: boolean;
  readonly requests: number;
  readonly countsAt: '/mcp' | undefined;
  readonly own: OwnTime;
  readonly #context: CallContext;
  readonly #res: CallResponse;
  readonly #call: Call;
  readonly #serverSide: ServerSide;
  readonly #clocks: CallClocks;
  #state: State = 'asking';
  #open: OpenCall | undefined;
  #writer: AnswerWriter | undefined;
  /** See CallEvent; undefined: not known yet. */
  #outcome: string | undefined;
  #reason: string | undefined;
  #cutAt: number | undefined;
  #span: Span | undefined;

  constructor(context: CallContext, res: CallResponse, call: Call, serverSide: ServerSide) {
    this.#context = context;
    this.#res = res;
    this.#call = call;
    this.#serverSide = serverSide;
    this.principal = call.principal;
    this.server = call.view === undefined ? call.server : undefined;
    // What ends the session does not end with it.
    this.sessionToken = call.httpMethod === 'DELETE' ? undefined : call.session?.token;
    this.tools = call.tools;
    this.onlyTools = call.onlyTools;
    this.standing = isStanding(call);
    this.requests = requestsIn(call);
    this.countsAt = call.view === undefined ? undefined : '/mcp';
    this.#clocks = new CallClocks(context.clock());
    this.own = new OwnTime(call.since);
  }

  /** What a key may use of the aggregate changes while a call goes on, and each server's part of it is a call of its own. */
  allows({ scopes }: Pick<Principal, 'scopes' | 'grants'>): boolean {
    return scopes.has('mcp');
  }

  /** The client waits for its answer, or for the rest of it. */
  get isOpen(): boolean {
    return this.#state === 'asking' || this.#state === 'answering';
  }

  /** What a request to the server passes on, so that it belongs to the trace of the call. */
  get traceparent(): string | undefined {
    return this.#span?.traceparent ?? this.#call.traceparent;
  }

  /** Begins the call. @throws what CallRegister.open throws */
  begin(): void {
    this.#open = openCall(this.#context, this);
    const { tracer } = this.#context;
    if (tracer !== undefined) this.#span = startCallSpan(tracer, this.#call);
    this.#res.on('close', () => {
      this.#close();
    });
  }

  /** The server's answer begins. @param now of the register's clock */
  answer(writer: AnswerWriter, now: number): void {
    this.#state = 'answering';
    this.#writer = writer;
    this.#clocks.received(now);
    this.#clocks.sent(now);
  }

  /** The client has its whole answer. @param outcome see CallEvent. (Default: by the answer; `ok` where nothing is wrong with it) */
  answered(outcome = this.#writer?.hasError === true ? 'upstream-rpc-error' : undefined): void {
    this.#state = 'ending';
    this.#outcome = outcome;
  }

  received(now: number): void {
    this.#clocks.received(now);
  }

  sent(now: number): void {
    this.#clocks.sent(now);
  }

  /** The client was sent a request of the server's, which waits for the reply. */
  asked(): void {
    this.#clocks.asked();
  }

  /** Calls back when the client has taken what was written. Until then the server's silence does not count. */
  afterDrain(callback: () => void): void {
    this.#clocks.pause();
    this.#res.once('drain', () => {
      this.#clocks.resume(this.#context.clock());
      callback();
    });
  }

  /** The server has ended its answer. */
  complete(): void {
    if (!this.isOpen || this.#writer === undefined) return;
    const writer = this.#writer;
    const end = (): void => {
      // It may have been cut meanwhile.
      if (!this.isOpen) return;
      const error = writer.end();
      if (error === undefined) this.answered();
      else this.fail(error);
    };
    const prepared = writer.prepare?.();
    if (prepared === undefined) {
      end();
      return;
    }
    this.own.begin();
    prepared
      .then(end)
      .catch((error: unknown) => this.fail(internalError(this.#context.logger, error)))
      .finally(() => this.own.end());
  }

  /** The answer has broken off: all that it lacks may be its end. Returns whether that is so, else the client gets the error. */
  breakOff(error: AppError): boolean {
    const finished = this.#writer?.finish?.() ?? false;
    if (finished === true) this.answered();
    else this.fail(finished || error);
    return finished === true;
  }

  /** Gives the call up to who carries it on, where the client has got nothing yet. Returns whether that is so. */
  handOver(goOn: () => void): boolean {
    if (!this.isOpen || this.#res.headersSent || this.#res.destroyed) return false;
    this.#state = 'over';
    this.#serverSide.abort();
    this.#span?.end('carried-anew');
    // The call goes on, and has one event.
    this.#open?.leave();
    goOn();
    return true;
  }

  /** Gives the client the error as clearly as what was already sent allows, and ends the exchange with the server. */
  fail(error: AppError): void {
    const { member } = this.#call;
    const isLost = error.code === 'session-not-found' && member !== undefined;
    if (!this.isOpen || (isLost && this.handOver(member.asMessages))) return;
    this.answered(error.code);
    this.#reason = error.message;
    this.#serverSide.abort();
    const { id, corsOrigin } = this.#call;
    const res = this.#res;
    // A stream has begun before its head is written.
    const hasBegun = res.headersSent || this.#writer?.isStream === true;
    if (!(res instanceof LineResponse) && !hasBegun) answerError(res.req, res, { error, id }, corsOrigin);
    else if (this.#writer !== undefined && !res.writableEnded) this.#writer.fail(error);
    else res.destroy();
  }

  cut(reason: AppError): void {
    if (this.#state === 'over') return;
    this.#cutAt = this.#context.clock();
    if (this.#res.writableEnded) {
      this.#outcome = reason.code;
      this.#reason = reason.message;
      this.#serverSide.abort();
      this.#res.destroy();
      return;
    }
    const hasBegun = this.#res.headersSent;
    const isUnderWay = !this.#serverSide.isOver && this.isOpen;
    this.fail(reason);
    // A session that has ended has no request to cancel.
    if (isUnderWay && reason.code !== 'session-not-found') this.#serverSide.cancel(reason.message);
    if (hasBegun) this.#res.once('finish', () => this.#res.socket?.destroySoon());
  }

  endStanding(): boolean {
    if (!this.standing || this.#state === 'over') return false;
    if (!this.#res.headersSent) this.fail(gatewayStopping());
    else if (this.isOpen) {
      this.answered('gateway-stopping');
      this.#serverSide.abort();
      if (this.#writer?.end() !== undefined) this.#res.destroy();
    }
    return true;
  }

  tick(now: number): void {
    if (this.#cutAt !== undefined) {
      if (now - this.#cutAt >= CUT_GRACE_MS) this.#res.destroy();
      return;
    }
    if (!this.#serverSide.isOver && this.isOpen) this.#checkTimeouts(now);
    if (isTooSlow(this.#res)) {
      this.cut(new Limited('consumer-too-slow', 'The client takes its answer too slowly.'));
      return;
    }
    if (this.#res.writableLength > 0) return;
    if (this.isOpen && this.#clocks.isSilent(now, this.#context.limits.keepAliveMs)) {
      this.#clocks.sent(now);
      this.#writer?.keepAlive();
    }
  }

  #checkTimeouts(now: number): void {
    if (this.standing && this.#writer?.isStream === true) return;
    const error = this.#clocks.timeoutAt(now, this.#call.server);
    if (error !== undefined && !this.breakOff(error)) this.#serverSide.cancel(error.message);
  }

  #close(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const isTaken = this.#res.writableFinished;
    this.#serverSide.release(isTaken);
    const outcome = this.#outcome ?? (isTaken ? 'ok' : 'client-closed');
    this.#span?.end(outcome === 'ok' ? undefined : outcome, { 'http.response.status_code': this.#res.statusCode });
    this.#open?.end(this.#ending(outcome));
  }

  #ending(outcome: string): CallEnding {
    const { method, kind, httpMethod, era, bytesIn } = this.#call;
    return {
      requestId: requestIdOf(this.#res),
      protocol: protocolOf(this.#res),
      traceId: readTraceparent(this.traceparent)?.traceId,
      method: method ?? kind ?? httpMethod,
      tool: toolOf(this.#call),
      era,
      ownMs: this.own.ms,
      outcome,
      reason: this.#reason,
      status: this.#res.headersSent ? this.#res.statusCode : 0,
      bytesIn,
      bytesOut: bodyBytesOf(this.#res),
    };
  }
}
