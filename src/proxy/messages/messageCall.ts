import { AppError } from '../../errors/appError.ts';
import { truncated } from '../../mcp/failures.ts';
import { answerBounds } from '../../mcp/jsonCost.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { atOnce, inSlices, type Steps } from '../../slices.ts';
import type { SideMessage, UpstreamMessage } from '../../upstream/upstream.ts';
import { answerRewrite } from '../answerRewrite.ts';
import type { Call } from '../call.ts';
import type { CallContext } from '../callContext.ts';
import { ClientSide, type ServerSide } from '../clientSide.ts';
import { errorBody, internalError } from '../errorAnswer.ts';
import type { AnswerLog, LoggedEvent } from '../answerLog.ts';
import { CallTraffic } from './callTraffic.ts';
import { LineResponse, type CallResponse } from '../lineResponse.ts';
import { DrainWait } from './drainWait.ts';
import { LineAnswer } from './lineAnswer.ts';
import { MessageAnswer } from './messageAnswer.ts';
import type { MessageWriter } from './messageWriter.ts';
import { checkRewriteCost } from './rewriteCost.ts';
import { standingMessages } from './standingMessages.ts';
import { textOfMessage } from './textOfMessage.ts';

/**
 * When an answer that can be taken up again begins at the latest, in milliseconds: the client needs the id of its first event to
 * come back. What fails before keeps its HTTP status.
 */
const PRIME_MS = 50;

const CLOSING_BRACE = Buffer.from('}');

/** Ends what is under way at the server; it is never shown, and a stack trace per call would be waste. */
const CALL_OVER = new Error('the call is over');

/** Carries one call as messages: what the server gives for it, to the client, one message at a time and no faster than it takes them. */
export class MessageCall implements ServerSide {
  readonly answer: MessageWriter;
  /** The same where it can be taken up again, or takes another one up. */
  readonly #httpAnswer: MessageAnswer | undefined;
  readonly traffic: CallTraffic;
  readonly #context: CallContext;
  readonly #call: Call;
  readonly #res: CallResponse;
  readonly #client: ClientSide;
  readonly #ending = new AbortController();
  readonly #log: AnswerLog | undefined;
  isOver = false;
  /** The client's connection broke, and it may come back. */
  #isAwaited = false;
  #isPaused = false;
  /** The answer that another connection began. */
  #takenUp: AnswerLog | undefined;
  readonly #drain = new DrainWait();

  /** @param log of an answer that can be taken up again */
  constructor(context: CallContext, res: CallResponse, call: Call, log?: AnswerLog) {
    this.#context = context;
    this.#call = call;
    this.#res = res;
    this.#client = new ClientSide(context, res, call, this);
    this.#log = log;
    if (res instanceof LineResponse) this.answer = new LineAnswer(res, call);
    else this.answer = this.#httpAnswer = new MessageAnswer(res, call, log);
    this.traffic = new CallTraffic(res, call.bytesIn);
    if (log === undefined) return;
    log.onTakenOver = () => res.destroy();
    log.onAbandoned = () => this.abort();
  }

  /** What a request to the server passes on. */
  get traceparent(): string | undefined {
    return this.#client.traceparent;
  }

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Begins the call, and gives the client the error with which the work ends. @throws what CallRegister.open throws */
  run(work: () => Promise<void>): void {
    this.#client.begin();
    // From the start: silence alone may begin the answer, as an event stream.
    this.#client.answer(this.answer, this.#context.clock());
    this.#client.own.end();
    const priming = this.#log?.isPrimed === true ? setTimeout(() => this.#prime(), PRIME_MS) : undefined;
    void work()
      .catch((error: unknown) => {
        if (!this.#isWanted) return;
        const known = error instanceof AppError ? error : internalError(this.#context.logger, error);
        if (this.#client.isOpen) this.#client.fail(known);
        else this.answer.fail(known);
      })
      .finally(() => {
        clearTimeout(priming);
        this.isOver = true;
      });
  }

  /** The server has ended the stream of its answer, to go on later: where the client can take it up again, this one ends, too. */
  pause(): void {
    if (this.#log?.isPrimed !== true || !this.#client.isOpen || !this.#log.wait()) return;
    this.#isAwaited = true;
    this.#isPaused = true;
    this.#client.answered();
    this.#httpAnswer?.pause();
  }

  #prime(): void {
    if (!this.#client.isOpen) return;
    this.#client.sent(this.#context.clock());
    this.answer.beginStream();
  }

  /** Begins the call of a batch, which has an answer for each of these requests. @throws what CallRegister.open throws */
  runBatch(ids: readonly unknown[], work: () => Promise<void>): void {
    this.answer.expect(ids.map(stringifyLossless));
    this.run(work);
  }

  /** Passes what the server sends for a request, to the response. */
  async passAnswer(messages: AsyncIterable<UpstreamMessage>, id: unknown): Promise<void> {
    for await (const message of messages) {
      if (!this.#isWanted) return;
      this.#client.own.begin();
      if (message.kind !== 'response') await this.#pass(message, { id });
      else if (message.resultBytes !== undefined) await this.#respondBytes(id, message.resultBytes);
      else {
        const { response } = message;
        this.respond(id, 'error' in response ? { error: response.error } : { result: response.result });
      }
      this.#client.own.end();
      if (message.kind === 'response') return;
    }
    throw truncated({ server: this.#call.server.name }, 'no response');
  }

  /** Passes what the server sends outside of requests, to the end of the stream. Returns false when it offers none. */
  async passStream(listen: (onOpen: () => void) => AsyncIterable<SideMessage>, id?: unknown): Promise<boolean> {
    let isOffered = false;
    const onOpen = (): void => {
      isOffered = true;
      if (this.#client.isOpen) this.answer.beginStream();
    };
    for await (const message of standingMessages(listen(onOpen), onOpen)) {
      isOffered = true;
      if (!this.#client.isOpen) return true;
      await this.#pass(message, { subscription: id });
    }
    return isOffered;
  }

  /** Gives the client a result that is at hand as JSON text. */
  async #respondBytes(id: unknown, result: Buffer): Promise<void> {
    const isRewritten = answerRewrite(this.#call, this.#context.taskIds) !== undefined;
    if (isRewritten) await checkRewriteCost(this.#call.server.name, result, answerBounds(this.#call.method));
    const head = Buffer.from(`{"jsonrpc":"2.0","id":${stringifyLossless(id)},"result":`);
    const whole = [head, result, CLOSING_BRACE];
    if (isRewritten || this.answer.isOfBatch) {
      const text = Buffer.concat(whole).toString('utf8');
      this.#respond((await inSlices(this.#rewrite(text))) ?? text, id, undefined);
      return;
    }
    if (!this.#isWanted) return;
    this.#client.received(this.#context.clock());
    this.answer.response(whole, undefined);
    if (this.#client.isOpen) this.#client.answered();
  }

  /** Gives the client the response. */
  respond(id: unknown, outcome: { result: JsonObject } | { error: JsonObject & { code: number } }): void {
    const text = stringifyLossless({ jsonrpc: '2.0', id, ...outcome });
    const rewritten = atOnce(this.#rewrite(text)) ?? text;
    this.#respond(rewritten, id, 'error' in outcome ? outcome.error.code : undefined);
  }

  /** Gives the client of a batch the error of one request. */
  respondFailure(id: unknown, error: unknown): void {
    const known = error instanceof AppError ? error : internalError(this.#context.logger, error);
    this.respond(id, { error: { ...errorBody(known) } });
  }

  /** A request of a batch was cancelled: it gets no response. */
  withdraw(id: unknown): void {
    if (this.#client.isOpen && this.answer.withdraw(stringifyLossless(id))) this.#client.answered();
  }

  /** Waits until the client takes more. */
  async drained(): Promise<void> {
    if (this.#client.isOpen && this.answer.isFull) await this.#drain.wait(this.#client, this.signal);
  }

  #respond(rewritten: string, id: unknown, errorCode: number | undefined): void {
    if (!this.#isWanted) return;
    this.#client.received(this.#context.clock());
    if (this.answer.isOfBatch) this.traffic.countPart(id, rewritten);
    const isOver = this.answer.isOfBatch
      ? this.answer.responseOfBatch(rewritten, stringifyLossless(id))
      : this.answer.response(rewritten, errorCode);
    const outcome = errorCode === undefined || this.answer.isOfBatch ? undefined : 'upstream-rpc-error';
    if (isOver && this.#client.isOpen) this.#client.answered(outcome);
  }

  /** Takes an answer up again behind one of its events; undefined: what follows is not all there any more. */
  follow(log: AnswerLog, after: number): AsyncIterable<LoggedEvent> | undefined {
    const events = log.follow(after, this.signal, () => this.#res.destroy());
    // From here on the answer waits for this connection alone.
    if (events !== undefined) this.#takenUp = log;
    return events;
  }

  /** Gives the client what another connection did not bring, to the end of that answer. */
  async takeUp(events: AsyncIterable<LoggedEvent>): Promise<void> {
    this.answer.beginStream();
    for await (const event of events) {
      if (!this.#client.isOpen) return;
      const now = this.#context.clock();
      this.#client.received(now);
      this.#client.sent(now);
      if (this.#httpAnswer?.again(event) === false) await this.#drain.wait(this.#client, this.signal);
    }
    this.endStream();
  }

  /** The message was taken, and has no response. */
  accept(status: 200 | 202): void {
    if (!this.#client.isOpen) return;
    this.answer.accepted(status);
    this.#client.answered();
  }

  /** Ends a stream that stands, as the server has ended it. */
  endStream(): void {
    this.#client.complete();
    this.abort();
  }

  /** The client has cancelled the request. */
  cancelByClient(): void {
    if (!this.#client.isOpen) {
      if (this.#isAwaited) this.abort();
      return;
    }
    this.#client.answered('client-closed');
    this.answer.cancelled();
    this.abort();
  }

  abort(): void {
    this.#isAwaited = false;
    this.#log?.end();
    this.#ending.abort(CALL_OVER);
  }

  /** The client waits for its answer, or may come back for it. */
  get #isWanted(): boolean {
    return this.#client.isOpen || this.#isAwaited;
  }

  cancel(): void {
    // Who aborts the signal of a request cancels it at the server.
  }

  /** A legacy client that loses its connection has not cancelled anything (MCP 2025-11-25, basic/transports). */
  release(isAnswered: boolean): void {
    if (this.#isPaused) {
      this.#drain.end();
      return;
    }
    const mayComeBack = !isAnswered && this.answer.isStream && !this.signal.aborted && this.#log?.canBeNamed === true;
    this.#isAwaited = mayComeBack && this.#log.wait();
    this.#drain.end();
    if (isAnswered || this.#takenUp?.wait(this.signal) === false) this.#takenUp?.drop();
    if (this.#isAwaited) return;
    this.#log?.drop();
    if (!isAnswered) this.abort();
  }

  /** @param of the request that it belongs to, or the subscription */
  async #pass(message: SideMessage, of: { readonly id?: unknown; readonly subscription?: unknown }): Promise<void> {
    const text = textOfMessage(message, of.subscription);
    const rewritten = await inSlices(this.#rewrite(text));
    const now = this.#context.clock();
    this.#client.received(now);
    if (rewritten === undefined) return;
    this.#client.sent(now);
    if (message.kind === 'request') this.#client.asked();
    if (this.answer.isOfBatch) this.traffic.countPart(of.id, rewritten);
    if (!this.answer.message(rewritten)) await this.#client.own.without(this.#drain.wait(this.#client, this.signal));
  }

  *#rewrite(text: string): Steps<string | undefined> {
    const rewrite = answerRewrite(this.#call, this.#context.taskIds);
    return rewrite === undefined ? text : yield* rewrite(text);
  }
}
