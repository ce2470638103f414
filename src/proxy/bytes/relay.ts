import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Principal } from '../../auth/principal.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import { Limited, Unavailable, type AppError } from '../../errors/appError.ts';
import { isTooSlow } from '../../front/connection.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import { connectionFailure } from '../../upstream/http/connectionFailure.ts';
import { DecodedAnswer } from '../../upstream/http/decodedAnswer.ts';
import { planAnswer } from './answerPlan.ts';
import type { AnswerSink } from './answerSink.ts';
import { isStanding, type Call } from '../call.ts';
import { CallClocks } from './callClocks.ts';
import { sendCancelled } from './cancelledNotification.ts';
import { endedCall } from './endedCall.ts';
import { answerError } from '../errorAnswer.ts';
import { openAnswer } from './openAnswer.ts';
import { ServerSide } from './serverSide.ts';
import type { Outgoing } from './outgoing.ts';
import type { RelayContext } from './relayContext.ts';
import { isLostToolCall } from './toolHints.ts';

/** How long a client that is cut may take to receive the last words, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * How far an exchange is. `open`: the client waits for its answer, or for the rest of it. `answered`: it has all of it, or gets
 * it as fast as it takes it; what the server still says is of no use. `failed`: it was told that there is none. `closed`: it is
 * gone, as far as the client is concerned.
 */
type State = 'open' | 'answered' | 'failed' | 'closed';

/**
 * Carries one exchange: the request to the server, the server's answer to the client, and every way in which that can end.
 * It is the HTTP client's handler itself, so that nothing stands between the two sockets.
 */
export class Relay implements Dispatcher.DispatchHandler, RunningCall {
  readonly principal: Principal;
  readonly server: LiveServer;
  readonly tools: readonly string[];
  readonly onlyTools: boolean;
  readonly standing: boolean;
  readonly #context: RelayContext;
  readonly #res: ServerResponse;
  readonly #call: Call;
  readonly #agent: UpstreamAgent;
  readonly #clocks: CallClocks;
  readonly #upstream = new ServerSide();
  #state: State = 'open';
  #end: (() => void) | undefined;
  #outgoing: Outgoing | undefined;
  #sink: AnswerSink | undefined;
  /** The answer is an event stream. */
  #streams = false;
  /** The address of the server that was asked last. */
  #url: URL | undefined;
  #path: string;
  #redirects = 0;
  /** What the server says of calling its tool twice, once that was asked. */
  #mayRepeat: boolean | undefined;
  /** Where the request is to be sent again. */
  #redirect: URL | undefined;
  #cutAt = 0;
  #bytesOut = 0;
  #outcome = 'ok';

  constructor(context: RelayContext, res: ServerResponse, call: Call, agent: UpstreamAgent) {
    this.#context = context;
    this.#res = res;
    this.#call = call;
    this.#agent = agent;
    this.principal = call.principal;
    this.server = call.server;
    this.#url = call.server.url;
    this.#path = agent.path;
    this.tools = call.tools;
    this.onlyTools = call.onlyTools;
    this.standing = isStanding(call);
    this.#clocks = new CallClocks(context.clock());
  }

  /** Sends the request. @throws what CallRegister.open throws */
  start(outgoing: Outgoing): void {
    this.#end = this.#context.register.open(this);
    this.#res.on('close', () => {
      this.#close();
    });
    this.#outgoing = outgoing;
    this.#dispatch(outgoing);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#upstream.begin(controller);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#state !== 'open') return;
    const now = this.#context.clock();
    this.#clocks.heard(now);
    this.#clocks.sent(now);
    const plan = planAnswer(this.#call, status, headers, this.#url, this.#redirects);
    if (plan.as === 'redirect') {
      this.#redirect = plan.url;
      this.#upstream.readRest(0);
      return;
    }
    this.#outgoing?.body?.lease?.release();
    this.#outgoing = undefined;
    if (plan.as === 'error') this.#outcome = plan.error.code;
    const { tokens, taskIds, limits, register } = this.#context;
    const context = { res: this.#res, call: this.#call, tokens, taskIds, limits, register };
    this.#sink = openAnswer(plan, status, headers, context);
    if (this.#sink === undefined) this.#state = 'answered';
    this.#streams = plan.as === 'sse';
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const sink = this.#sink;
    // Of a redirect the head says all.
    if (this.#state !== 'open' || sink === undefined) {
      this.#upstream.readRest(chunk.length);
      return;
    }
    const now = this.#context.clock();
    this.#clocks.heard(now);
    this.#bytesOut += chunk.length;
    const taken = sink.data(chunk);
    if (taken === 'held') return;
    if (taken === 'over') this.#state = 'answered';
    else if (typeof taken === 'boolean') {
      this.#clocks.sent(now);
      if (!taken) this.#pause(controller);
    } else this.#fail(taken);
  }

  onResponseEnd(): void {
    if (this.#followRedirect()) return;
    const error = this.#state === 'open' ? this.#sink?.end() : undefined;
    if (error !== undefined) this.#fail(error);
    else if (this.#state === 'open' && this.#sink !== undefined) this.#state = 'answered';
    this.#upstream.end();
  }

  onResponseError(controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#followRedirect()) return;
    const outgoing = this.#outgoing;
    const isOpen = this.#state === 'open' && outgoing !== undefined;
    if (isOpen && this.#mayRepeat === undefined && isLostToolCall(this.#call, cause)) {
      void this.#context.toolHints.mayRepeat(this.#call, this.#agent, outgoing).then((may) => {
        this.#mayRepeat = may;
        if (may && this.#state === 'open') this.#dispatch(outgoing);
        else this.onResponseError(controller, cause);
      });
      return;
    }
    this.#upstream.end();
    if (this.#state !== 'open') return;
    const finished = this.#sink?.finish?.() ?? false;
    if (finished === true) this.#state = 'answered';
    else this.#fail(finished || connectionFailure({ server: this.server.name }, cause, this.#sink !== undefined));
  }

  cut(reason: AppError): void {
    if (this.#state === 'closed') return;
    this.#cutAt = this.#context.clock();
    if (this.#res.writableEnded) {
      this.#outcome = reason.code;
      this.#upstream.abort();
      this.#res.destroy();
      return;
    }
    const hasBegun = this.#res.headersSent;
    const isUnderWay = !this.#upstream.isOver && this.#state === 'open';
    this.#fail(reason);
    if (isUnderWay) sendCancelled(this.#res.req.headers, this.#call, this.#agent, this.#url, reason.message);
    if (hasBegun) this.#res.once('finish', () => this.#res.socket?.destroySoon());
  }

  endStanding(): boolean {
    if (!this.standing || this.#state === 'closed') return false;
    if (!this.#res.headersSent) this.#fail(new Unavailable('gateway-stopping', 'The gateway is stopping.'));
    else {
      this.#state = 'failed';
      this.#outcome = 'gateway-stopping';
      this.#upstream.abort();
      if (this.#sink?.end() !== undefined) this.#res.destroy();
    }
    return true;
  }

  tick(now: number): void {
    if (this.#cutAt !== 0) {
      if (now - this.#cutAt >= LAST_WORDS_MS) this.#res.destroy();
      return;
    }
    if (!this.#upstream.isOver && this.#state === 'open') this.#checkTimeouts(now);
    if (isTooSlow(this.#res)) {
      this.cut(new Limited('consumer-too-slow', 'The client takes its answer too slowly.'));
      return;
    }
    if (this.#res.writableLength > 0) return;
    if (this.#state === 'open' && this.#clocks.wasSilent(now, this.#context.limits.keepAliveMs)) {
      this.#clocks.sent(now);
      this.#sink?.keepAlive();
    }
  }

  #dispatch({ headers, body: read }: Outgoing): void {
    // Time-outs are watched by tick: one timer for the process instead of one per connection.
    const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 };
    const { httpMethod: method } = this.#call;
    const body = read?.bytes ?? null;
    const idempotent = this.#mayRepeat ?? isRepeatable(this.#call);
    const request = { path: this.#path, method, headers, body, idempotent };
    this.#agent.connections.dispatch({ ...request, ...noTimeouts }, new DecodedAnswer(this));
  }

  /** Sends the request to where a redirect leads, however its body ended: nobody wants that. */
  #followRedirect(): boolean {
    const url = this.#redirect;
    if (url === undefined || this.#outgoing === undefined || this.#state !== 'open') return false;
    this.#redirect = undefined;
    this.#url = url;
    this.#redirects++;
    this.#upstream.again();
    this.#path = url.pathname + url.search;
    this.#dispatch(this.#outgoing);
    return true;
  }

  #pause(controller: Dispatcher.DispatchController): void {
    controller.pause();
    this.#clocks.pause();
    this.#res.once('drain', () => {
      this.#clocks.resume(this.#context.clock());
      controller.resume();
    });
  }

  #checkTimeouts(now: number): void {
    if (this.standing && this.#streams) return;
    const error = this.#clocks.timeoutAt(now, this.server);
    if (error === undefined) return;
    // The answer may be there but for its end, which never came.
    const finished = this.#sink?.finish?.() ?? false;
    if (finished === true) {
      this.#state = 'answered';
      return;
    }
    this.#fail(finished || error);
    sendCancelled(this.#res.req.headers, this.#call, this.#agent, this.#url, error.message);
  }

  /** Tells the client as clearly as what was already sent allows, and lets the server go. */
  #fail(error: AppError): void {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#state = 'failed';
    this.#outcome = error.code;
    this.#upstream.abort();
    const { id, corsOrigin } = this.#call;
    const res = this.#res;
    if (!res.headersSent) this.#bytesOut = answerError(res.req, res, error, { id, corsOrigin });
    else if (this.#sink !== undefined && !res.writableEnded) this.#sink.fail(error);
    else res.destroy();
  }

  #close(): void {
    if (this.#state === 'closed') return;
    const isTaken = this.#res.writableFinished;
    if (this.#state !== 'failed' && !isTaken && this.#cutAt === 0) this.#outcome = 'client-closed';
    const isOver = this.#state === 'answered' && isTaken;
    this.#state = 'closed';
    if (isOver) this.#upstream.readRest(0);
    else this.#upstream.abort();
    this.#end?.();
    this.#observe();
  }

  #observe(): void {
    const { onCall, logger, clock } = this.#context;
    if (onCall === undefined && !logger.isLevelEnabled('debug')) return;
    const event = endedCall(this.#call, {
      outcome: this.#outcome,
      status: this.#res.headersSent ? this.#res.statusCode : 0,
      durationMs: clock() - this.#clocks.startedAt,
      bytesOut: this.#bytesOut,
    });
    logger.debug(event, 'call');
    onCall?.(event);
  }
}
