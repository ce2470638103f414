import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { LiveServer } from '../auth/liveServer.ts';
import type { Principal } from '../auth/principal.ts';
import type { CallRegister } from '../calls/callRegister.ts';
import type { RunningCall } from '../calls/runningCall.ts';
import type { Clock } from '../clock.ts';
import { Limited, Unavailable, type AppError } from '../errors.ts';
import { isTooSlow } from '../front/connection.ts';
import type { Logger } from '../logger.ts';
import { isRepeatable } from '../mcp/resending.ts';
import type { UpstreamAgent } from '../upstream/agents.ts';
import { connectionFailure } from '../upstream/connectionFailure.ts';
import { planAnswer } from './answerHead.ts';
import type { AnswerSink } from './answerSink.ts';
import { isStanding, type Call } from './call.ts';
import type { CallObserver } from '../calls/callEvent.ts';
import { sendCancelled } from './cancelledNotification.ts';
import { answerError } from './errorAnswer.ts';
import type { ProxyLimits } from './limits.ts';
import { openAnswer } from './openAnswer.ts';
import type { ReadBody } from './readBody.ts';
import type { SessionTokens } from './sessionTokens.ts';
import type { TaskIds } from './taskIds.ts';

/** What all relays of a process share. */
export interface RelayContext {
  readonly tokens: SessionTokens;
  readonly taskIds: TaskIds;
  readonly register: CallRegister;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ProxyLimits;
  readonly onCall: CallObserver | undefined;
}

/** What goes to the server; kept until it is known that it need not be sent again. */
export interface Outgoing {
  readonly headers: string[];
  readonly body: ReadBody | undefined;
}

/** How long a client that is cut may take to receive the last words, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** One for all aborts: it is never shown, and a stack trace per abort would be waste. */
const ABORTED = new Error('the exchange is over');

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
  readonly #startedAt: number;
  #end: (() => void) | undefined;
  #outgoing: Outgoing | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #sink: AnswerSink | undefined;
  #redirectPath: string | undefined;
  #redirected = false;
  #aborted = false;
  /** Nothing more will come from the server. */
  #upstreamOver = false;
  /** The client was told that the exchange failed. */
  #failed = false;
  #closed = false;
  #paused = false;
  #lastHeardAt: number;
  #lastSentAt: number;
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
    this.tools = call.tools;
    this.onlyTools = call.onlyTools;
    this.standing = isStanding(call);
    this.#startedAt = this.#lastHeardAt = this.#lastSentAt = context.clock();
  }

  /** Sends the request. @throws what CallRegister.open throws */
  start(outgoing: Outgoing): void {
    this.#end = this.#context.register.open(this);
    this.#res.on('close', () => {
      this.#close();
    });
    this.#outgoing = outgoing;
    this.#dispatch(this.#agent.path, outgoing);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(ABORTED);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#failed) return;
    this.#lastHeardAt = this.#lastSentAt = this.#context.clock();
    const plan = planAnswer(this.#call, status, headers, this.#agent.origin);
    if (plan.as === 'redirect') {
      if (this.#redirected) {
        const message = `The server "${this.server.name}" redirects more than once.`;
        this.#fail(new Unavailable('upstream-redirect', message, { data: { status } }));
      } else this.#redirectPath = plan.path;
      return;
    }
    this.#outgoing?.body?.lease?.release();
    this.#outgoing = undefined;
    if (plan.as === 'error') this.#outcome = plan.error.code;
    const { tokens, taskIds, limits, register } = this.#context;
    const context = { res: this.#res, call: this.#call, tokens, taskIds, limits, register };
    this.#sink = openAnswer(plan, status, headers, context);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const sink = this.#sink;
    if (sink === undefined || this.#failed) return;
    this.#lastHeardAt = this.#lastSentAt = this.#context.clock();
    this.#bytesOut += chunk.length;
    const taken = sink.data(chunk);
    if (taken === true) return;
    if (taken === false) this.#pause(controller);
    else this.#fail(taken);
  }

  onResponseEnd(): void {
    const path = this.#redirectPath;
    if (path !== undefined && this.#outgoing !== undefined && !this.#failed) {
      this.#redirectPath = undefined;
      this.#redirected = true;
      this.#dispatch(path, this.#outgoing);
      return;
    }
    this.#upstreamOver = true;
    if (this.#failed || this.#closed) return;
    const error = this.#sink?.end();
    if (error !== undefined) this.#fail(error);
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    this.#upstreamOver = true;
    if (this.#failed || this.#closed) return;
    this.#fail(connectionFailure({ server: this.server.name }, cause, this.#sink !== undefined));
  }

  cut(reason: AppError): void {
    if (this.#closed) return;
    this.#cutAt = this.#context.clock();
    if (this.#res.writableEnded) {
      this.#outcome = reason.code;
      this.#abortUpstream();
      this.#res.destroy();
      return;
    }
    const hasBegun = this.#res.headersSent;
    const isUnderWay = !this.#upstreamOver && !this.#failed;
    this.#fail(reason);
    if (isUnderWay) sendCancelled(this.#res.req.headers, this.#call, this.#agent, reason.message);
    if (hasBegun) this.#res.once('finish', () => this.#res.socket?.destroySoon());
  }

  endStanding(): boolean {
    if (!this.standing || this.#closed) return false;
    if (!this.#res.headersSent) this.#fail(new Unavailable('gateway-stopping', 'The gateway is stopping.'));
    else {
      this.#failed = true;
      this.#outcome = 'gateway-stopping';
      this.#abortUpstream();
      if (this.#sink?.end() !== undefined) this.#res.destroy();
    }
    return true;
  }

  tick(now: number): void {
    if (this.#cutAt !== 0) {
      if (now - this.#cutAt >= LAST_WORDS_MS) this.#res.destroy();
      return;
    }
    if (!this.#upstreamOver && !this.#failed) this.#checkTimeouts(now);
    if (isTooSlow(this.#res)) {
      this.cut(new Limited('consumer-too-slow', 'The client takes its answer too slowly.'));
      return;
    }
    if (this.#res.writableLength > 0) return;
    if (now - this.#lastSentAt >= this.#context.limits.keepAliveMs && !this.#failed && !this.#res.writableEnded) {
      this.#lastSentAt = now;
      this.#sink?.keepAlive();
    }
  }

  #dispatch(path: string, { headers, body }: Outgoing): void {
    // Time-outs are watched by tick: one timer for the process instead of one per connection.
    const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 };
    const { httpMethod: method } = this.#call;
    const request = { path, method, headers, body: body?.bytes ?? null, idempotent: isRepeatable(this.#call) };
    this.#agent.connections.dispatch({ ...request, ...noTimeouts }, this);
  }

  #pause(controller: Dispatcher.DispatchController): void {
    controller.pause();
    this.#paused = true;
    this.#res.once('drain', () => {
      this.#paused = false;
      this.#lastHeardAt = this.#context.clock();
      controller.resume();
    });
  }

  #checkTimeouts(now: number): void {
    if (this.standing && this.#sink !== undefined) return;
    const { idleMs, totalMs } = this.#call.server.timeouts;
    const elapsedMs = now - this.#startedAt;
    let message: string;
    if (elapsedMs >= totalMs) message = `The server "${this.server.name}" did not finish within ${String(totalMs)} ms.`;
    else if (!this.#paused && now - this.#lastHeardAt >= idleMs) {
      message = `The server "${this.server.name}" sent nothing for ${String(idleMs)} ms.`;
    } else return;
    const data = { limit: elapsedMs >= totalMs ? 'total' : 'idle', elapsedMs };
    this.#fail(new Unavailable('upstream-timeout', message, { data }));
    sendCancelled(this.#res.req.headers, this.#call, this.#agent, message);
  }

  /** Tells the client as clearly as what was already sent allows, and lets the server go. */
  #fail(error: AppError): void {
    if (this.#failed || this.#closed) return;
    this.#failed = true;
    this.#outcome = error.code;
    this.#abortUpstream();
    const { id, corsOrigin } = this.#call;
    const res = this.#res;
    if (!res.headersSent) this.#bytesOut = answerError(res.req, res, error, { id, corsOrigin });
    else if (this.#sink !== undefined && !res.writableEnded) this.#sink.fail(error);
    else res.destroy();
  }

  #abortUpstream(): void {
    if (this.#upstreamOver || this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(ABORTED);
  }

  #close(): void {
    if (this.#closed) return;
    if (!this.#failed && !this.#res.writableFinished && this.#cutAt === 0) this.#outcome = 'client-closed';
    this.#closed = true;
    this.#abortUpstream();
    this.#end?.();
    this.#observe();
  }

  #observe(): void {
    const { onCall, logger, clock } = this.#context;
    if (onCall === undefined && !logger.isLevelEnabled('debug')) return;
    const { principal, kind, method, httpMethod, tasks, bytesIn } = this.#call;
    const event = {
      keyId: principal.keyId,
      server: this.server.name,
      method: method ?? kind ?? httpMethod,
      // A question about a task of a tool is no call of the tool.
      tool: this.tools.length === 1 && this.onlyTools && tasks?.subject === undefined ? this.tools[0] : undefined,
      standing: this.standing,
      outcome: this.#outcome,
      status: this.#res.headersSent ? this.#res.statusCode : 0,
      durationMs: clock() - this.#startedAt,
      bytesIn,
      bytesOut: this.#bytesOut,
    };
    logger.debug(event, 'call');
    onCall?.(event);
  }
}
