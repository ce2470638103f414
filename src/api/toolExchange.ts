import type { Principal } from '../auth/principal.ts';
import { CUT_GRACE_MS } from '../calls/callLimits.ts';
import { openCall, type CallScope } from '../calls/openCall.ts';
import type { RunningCall } from '../calls/runningCall.ts';
import { Limited, type AppError } from '../errors/appError.ts';
import { isTooSlow } from '../front/requestQueue.ts';
import { whenOver } from '../front/frontResponse.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { readTraceparent } from '../tracing/tracer.ts';
import type { ApiRequest } from './route.ts';

export interface ToolExchangeOptions {
  readonly principal: Principal;
  readonly server: LiveServer;
  /** Undefined: the list of its tools. */
  readonly tool: string | undefined;
  readonly request: Pick<ApiRequest, 'context' | 'response' | 'signal' | 'bodyBytes'>;
  /** Called at each look of the register at its calls, with the time by its clock, in milliseconds, while the call is not cut. */
  readonly onTick?: ((now: number) => void) | undefined;
}

/** A call over REST, from its place in the register until its client has the answer. */
export class ToolExchange implements RunningCall {
  readonly principal: Principal;
  readonly server: LiveServer;
  readonly tools: readonly string[];
  readonly onlyTools: boolean;
  readonly standing = false;
  readonly requests = 1;
  /** Aborted when the client has left, or the register cuts the call. */
  readonly signal: AbortSignal;
  readonly #options: ToolExchangeOptions;
  readonly #cutting = new AbortController();
  #cutReason: AppError | undefined;
  #cutAt: number | undefined;
  /** See CallEvent. */
  outcome = 'ok';
  reason: string | undefined;

  constructor(options: ToolExchangeOptions) {
    const { principal, server, tool, request } = options;
    this.#options = options;
    this.principal = principal;
    this.server = server;
    this.tools = tool === undefined ? [] : [tool];
    this.onlyTools = tool !== undefined;
    this.signal = AbortSignal.any([request.signal, this.#cutting.signal]);
  }

  /** Why the call was cut; undefined: it was not. */
  get cutReason(): AppError | undefined {
    return this.#cutReason;
  }

  /** Begins the call. @throws what CallRegister.open throws */
  begin(scope: CallScope): void {
    const { tool, request } = this.#options;
    const { response, bodyBytes: bytesIn } = request;
    const open = openCall(scope, this);
    whenOver(response, (end) => {
      const left = response.writableFinished ? undefined : 'client-closed';
      const outcome = this.#cutReason?.code ?? left ?? this.outcome;
      const reason = this.#cutReason?.message ?? this.reason;
      const method = tool === undefined ? 'tools/list' : 'tools/call';
      const traceId = readTraceparent(request.context.traceparent)?.traceId;
      const unmeasured = { era: undefined, ownMs: undefined };
      open.end({ traceId, method, tool, ...unmeasured, outcome, reason, bytesIn, ...end });
    });
  }

  cut(reason: AppError): void {
    const { response } = this.#options.request;
    if (response.destroyed) return;
    this.#cutReason = reason;
    this.#cutting.abort(reason);
    // Its answer is on the way, and is not to arrive.
    if (response.writableEnded) response.destroy();
  }

  tick(now: number): void {
    const { request, onTick } = this.#options;
    if (this.#cutReason !== undefined) {
      this.#cutAt ??= now;
      // A client that reads nothing does not get the reason either.
      if (now - this.#cutAt >= CUT_GRACE_MS) request.response.destroy();
      return;
    }
    if (isTooSlow(request.response))
      this.cut(new Limited('consumer-too-slow', 'The client takes its answer too slowly.'));
    else onTick?.(now);
  }
}
