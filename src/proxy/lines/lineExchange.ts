import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Principal } from '../../auth/principal.ts';
import { CUT_GRACE_MS } from '../../calls/callLimits.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import { Limited, type AppError } from '../../errors/appError.ts';
import { isTooSlow } from '../../front/requestQueue.ts';
import { protocolOf, requestIdOf } from '../../front/frontResponse.ts';
import type { HttpProtocol } from '../../httpProtocol.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { JsonRpcId } from '../../mcp/jsonRpc.ts';
import type { AdmittedRequest } from '../admittedRequest.ts';
import type { CallContext } from '../callContext.ts';
import { errorMessage } from '../errorAnswer.ts';
import { LineResponse, type HeldSession, type LineChannel } from '../lineResponse.ts';
import type { MessageText } from '../messageText.ts';
import type { Session } from '../sessionTokens.ts';
import { endResponse } from './endResponse.ts';

/**
 * One HTTP exchange whose request and response are lines, each a JSON-RPC message: as stdio frames them, over a connection (MCP
 * 2026-07-28, basic/transports/stdio). It stands in the register like a stream, so that what cuts a key's or a server's streams cuts
 * it, too; its messages are calls of their own there. In the legacy era it is the session.
 */
export class LineExchange implements RunningCall, LineChannel {
  readonly id = randomUUID();
  readonly principal: Principal;
  /** Undefined for the aggregate. */
  readonly server: LiveServer | undefined;
  readonly tools: readonly string[] = [];
  readonly onlyTools = false;
  readonly standing = true;
  readonly requests = 1;
  session: Session | undefined;
  readonly #context: CallContext;
  readonly #res: ServerResponse;
  readonly #responses = new Set<LineResponse>();
  /** The requests under way, by their ids as JSON: each gets one answer. */
  readonly #ids = new Set<string>();
  readonly #over = new AbortController();
  readonly #drained = new Set<() => void>();
  #held: HeldSession | undefined;
  #leaveRegister: (() => void) | undefined;
  #sentAt: number;
  #cutAt: number | undefined;
  /** No message is taken any more. */
  #isInputOver = false;
  #whyOver: AppError | undefined;
  #hasEnded = false;

  constructor(context: CallContext, { res, principal, server, view }: AdmittedRequest<ServerResponse>) {
    this.#context = context;
    this.#res = res;
    this.principal = principal;
    this.server = view === undefined ? server : undefined;
    this.#sentAt = context.clock();
  }

  /** Takes its place in the register, and sends the head. @throws what CallRegister.open throws */
  begin(headers: readonly string[]): void {
    this.#leaveRegister = this.#context.register.open(this);
    this.#res.on('close', () => this.#close());
    this.#res.on('drain', () => this.#drain());
    this.#res.writeHead(200, [...headers]);
    this.#res.flushHeaders();
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get requestId(): string | undefined {
    return requestIdOf(this.#res);
  }

  get protocol(): HttpProtocol | undefined {
    return protocolOf(this.#res);
  }

  get takesMessages(): boolean {
    return !this.#isInputOver;
  }

  get underWay(): number {
    return this.#ids.size;
  }

  isUnderWay(id: JsonRpcId): boolean {
    return this.#ids.has(JSON.stringify(id));
  }

  get unsentBytes(): number {
    return this.#res.writableLength;
  }

  get isFull(): boolean {
    return this.#res.writableNeedDrain;
  }

  /** Begins the answer to a message. @param awaited the ids of its requests; null for what can't be read */
  respond(awaited: readonly JsonRpcId[], isStanding = false): LineResponse {
    const response = new LineResponse(this, awaited, isStanding);
    this.#responses.add(response);
    for (const id of awaited) if (id !== null) this.#ids.add(JSON.stringify(id));
    response.once('close', () => {
      this.#responses.delete(response);
      this.#endIfDone();
    });
    return response;
  }

  answered({ awaited, fault }: LineResponse): void {
    for (const id of awaited) this.#ids.delete(JSON.stringify(id));
    const isSessionLost = fault?.code === 'session-not-found' && this.session !== undefined;
    if (fault !== undefined && (fault.kind === 'unauthorized' || isSessionLost)) this.endInput(fault);
  }

  write(line: MessageText, taken: () => void): boolean {
    const res = this.#res;
    if (res.destroyed || res.writableEnded) return true;
    this.#sentAt = this.#context.clock();
    const sent = (error?: Error | null): void => {
      if (error == null) taken();
    };
    if (typeof line === 'string') return res.write(`${line}\n`, sent);
    res.cork();
    for (const piece of line) res.write(piece);
    res.write('\n', sent);
    res.uncork();
    // What the network takes at once has been drained within `uncork`.
    return !res.writableNeedDrain;
  }

  sessionBegun(session: Session, held: HeldSession): void {
    if (this.signal.aborted) {
      void held.end();
      return;
    }
    this.session = session;
    this.#held = held;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    // It does not end while nothing is asked.
    void held.use(() => promise).catch(() => undefined);
  }

  /** Waits until the client takes more. */
  async drained(): Promise<void> {
    if (!this.isFull || this.signal.aborted) return;
    await new Promise<void>((resolve) => this.#drained.add(resolve));
  }

  /** Takes nothing more: what is under way is answered, and then it ends. @param reason where it is not the client’s own end */
  endInput(reason?: AppError): void {
    this.#isInputOver = true;
    this.#whyOver ??= reason;
    this.#endIfDone();
  }

  allows({ scopes }: Pick<Principal, 'scopes' | 'grants'>): boolean {
    return scopes.has('mcp');
  }

  cut(reason: AppError): void {
    if (this.#cutAt !== undefined) return;
    this.#cutAt = this.#context.clock();
    this.#isInputOver = true;
    // The register cuts the calls of its messages, too: each gets its own error first.
    setImmediate(() => this.#end(reason));
  }

  endStanding(): boolean {
    this.endInput();
    return true;
  }

  tick(now: number): void {
    if (this.#cutAt !== undefined) {
      if (now - this.#cutAt >= CUT_GRACE_MS) this.#res.destroy();
    } else if (isTooSlow(this.#res)) {
      this.cut(new Limited('consumer-too-slow', 'The client takes its answers too slowly.'));
    } else if (this.#res.writableLength === 0 && now - this.#sentAt >= this.#context.limits.keepAliveMs) {
      this.write('', () => undefined);
    }
  }

  #endIfDone(): void {
    if (!this.#isInputOver || this.#cutAt !== undefined) return;
    for (const { isStanding } of this.#responses) if (!isStanding) return;
    this.#end(undefined);
  }

  #end(reason: AppError | undefined): void {
    if (this.#hasEnded || this.#res.destroyed) return;
    this.#hasEnded = true;
    for (const response of this.#responses) {
      if (reason === undefined) response.complete();
      else response.fail(reason);
      // Nobody waits for what is under way.
      response.destroy();
    }
    const why = reason ?? this.#whyOver;
    if (why !== undefined) this.write(errorMessage(why, null), () => undefined);
    endResponse(this.#res);
  }

  #drain(): void {
    for (const response of this.#responses) response.emit('drain');
    for (const resolve of this.#drained) resolve();
    this.#drained.clear();
  }

  #close(): void {
    this.#isInputOver = true;
    this.#hasEnded = true;
    for (const response of this.#responses) response.destroy();
    this.#over.abort();
    this.#drain();
    this.#leaveRegister?.();
    void this.#held?.end();
  }
}
