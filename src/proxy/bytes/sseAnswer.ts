import type { ServerResponse } from 'node:http';
import type { AppError } from '../../errors/appError.ts';
import { AwaitedAnswers, type AnswerKind } from '../../mcp/awaitedAnswers.ts';
import { dataOf, linesOf, withData } from '../../mcp/eventData.ts';
import { EventReader } from '../../mcp/eventReader.ts';
import { truncated } from '../../mcp/failures.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';
import type { Call } from '../call.ts';
import { isStanding } from '../call.ts';
import { errorMessage } from '../errorAnswer.ts';
import { hasErrorFor } from './fittingAnswer.ts';
import { HELD_BYTES, HeldBytes } from './heldBytes.ts';
import { repairedAnswer } from './repairedAnswer.ts';
import { sendWhole } from './wholeBody.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

/** Gives an event that has begun to pass a type that no MCP client listens to, so that its message is dropped. */
const DROP_EVENT = 'event: truncated\n\n';

const CR = 0x0d;

/** Ends a line, if it has not ended, and the event. */
const BLANK_LINE = '\n\n';

/**
 * Passes an event stream on, and ends it once every request has its answer: a server should close the stream then, and anything
 * else would be a second answer (MCP 2025-11-25, basic/transports, "Sending Messages to the Server").
 * An event passes when it is whole, for some clients also read the half of one at the end of a stream; one that is larger than
 * what is held flows, and is made void if it turns out not to be for the client.
 */
export class SseAnswer implements AnswerSink {
  readonly isStream = true;
  hasError = false;
  readonly #res: ServerResponse;
  readonly #call: Call;
  readonly #awaited: AwaitedAnswers;
  readonly #scan: MessageScan | undefined;
  readonly #reader: EventReader;
  readonly #held = new HeldBytes();
  /** The beginning of what has not ended has passed. */
  #flows = false;
  /** Of the answer; undefined: it has been sent. */
  #head: { readonly status: number; readonly headers: string[] } | undefined;
  /** Of what was sent. */
  #lastByte: number | undefined;

  constructor(res: ServerResponse, status: number, headers: string[], call: Call) {
    this.#res = res;
    this.#call = call;
    this.#awaited = new AwaitedAnswers(call.awaited);
    this.#scan = call.awaited.length === 0 ? undefined : new MessageScan();
    this.#reader = new EventReader(this.#scan);
    this.#head = { status, headers };
    // The head goes out with the first event if that is here already, else at once: a client waits for it.
    queueMicrotask(() => {
      if (this.#head === undefined || res.destroyed) return;
      this.#begin();
      res.flushHeaders();
    });
  }

  data(chunk: Buffer): PieceOutcome {
    const reader = this.#reader;
    let taken: PieceOutcome = 'held';
    // Where what has not passed begins.
    let from = 0;
    for (let end = reader.next(chunk, 0); end !== -1; end = reader.next(chunk, end)) {
      const kind = this.#takeEvent();
      if (kind === 'own') {
        if (this.#isOver) return this.#endWith(chunk.subarray(from, end));
        this.#flows = false;
        continue;
      }
      const repaired = this.#repair(chunk, from, end);
      if (this.#isOver) return this.#endWith(repaired);
      if (repaired !== '') taken = this.#write(repaired);
      from = end;
    }
    const rest = this.#passRest(chunk, from);
    return rest === 'held' || taken === 'full' ? taken : rest;
  }

  end(): AppError | undefined {
    if (this.finish()) return undefined;
    const { server } = this.#call;
    if (this.#reader.isWithinEvent) {
      return truncated({ server: server.name }, 'half an event');
    }
    // A server may end a stream that the client is to take up again (MCP 2025-11-25, SEP-1699).
    if (this.#awaited.unanswered.length > 0 && !isStanding(this.#call) && !this.#isResumable) {
      return truncated({ server: server.name }, 'an event stream without the response');
    }
    this.#begin().end(this.#lineEnd);
    return undefined;
  }

  finish(): boolean {
    const { isWithinEvent, isMessage } = this.#reader;
    if (this.#isAnswered) {
      this.#begin().end(this.#flows ? this.#void : this.#lineEnd);
      return true;
    }
    if (!isWithinEvent || !isMessage || this.#scan?.complete !== true) return false;
    // A client that takes the stream up again gets the event then.
    if (this.#isResumable && this.#scan.responses.length < this.#awaited.unanswered.length) return false;
    const waiting = this.#awaited.unanswered.length;
    const kind = this.#take(this.#scan);
    // Clients drop an event without its blank line; only an answer is worth that they don't.
    if (kind === 'own' && this.#awaited.unanswered.length === waiting) return false;
    const half = this.#held.take();
    if (kind === 'own') this.#write(half === undefined ? BLANK_LINE : Buffer.concat([half, Buffer.from(BLANK_LINE)]));
    else if (half === undefined) return false;
    else this.#write(this.#repairedEvent(half));
    this.#flows = false;
    return this.#isAnswered && this.finish();
  }

  fail(error: AppError): void {
    if (error.code === 'upstream-truncated' && (this.#call.httpMethod === 'GET' || this.#isResumable)) {
      // A broken stream that the client will open again must look broken, and must not be answered.
      this.#res.destroy();
      return;
    }
    const ids = this.#scan === undefined ? [null] : this.#awaited.unanswered;
    const errors = ids.map((id) => `event: message\ndata: ${errorMessage(error, id)}\n\n`);
    this.#begin().end((this.#flows ? this.#void : '') + errors.join(''));
  }

  keepAlive(): void {
    if (!this.#flows) this.#begin().write(KEEP_ALIVE);
  }

  /** The client can take the stream up again (MCP 2025-11-25, "Resumability"; later revisions have nothing of the kind). */
  get #isResumable(): boolean {
    return this.#reader.resumable && this.#call.era === 'legacy' && !isStanding(this.#call);
  }

  get #isAnswered(): boolean {
    return this.#scan !== undefined && this.#awaited.unanswered.length === 0;
  }

  get #isOver(): boolean {
    return this.#awaited.over && !isStanding(this.#call);
  }

  /** What makes the event void that has begun to pass. */
  get #void(): string {
    return this.#reader.isAtLineStart ? DROP_EVENT : `\n${DROP_EVENT}`;
  }

  /** After a CR clients wait for an LF: an event that ends so is not there for them until then. */
  get #lineEnd(): string | undefined {
    return this.#lastByte === CR ? '\n' : undefined;
  }

  #takeEvent(): AnswerKind {
    if (this.#scan === undefined || !this.#reader.isMessage) return 'own';
    if (this.#scan.tooMany) return 'repeated';
    return this.#take(this.#scan);
  }

  #take(scan: MessageScan): AnswerKind {
    const kind = this.#awaited.take(scan.responses);
    if (kind !== 'repeated') this.hasError ||= hasErrorFor(this.#call, 200, scan);
    return kind;
  }

  /** Passes what stands before an event that can't pass as it is, and returns what is to pass in its place. */
  #repair(chunk: Buffer, from: number, end: number): string {
    const { from: begin, blankFrom } = this.#reader;
    if (this.#flows) {
      this.#flows = false;
      this.#write(chunk.subarray(from, blankFrom));
      return DROP_EVENT;
    }
    if (begin > from) this.#write(chunk.subarray(from, begin));
    const half = this.#held.take();
    const rest = chunk.subarray(begin, end);
    return this.#repairedEvent(half === undefined ? rest : Buffer.concat([half, rest]));
  }

  #repairedEvent(event: Buffer): string {
    const lines = linesOf(event.toString('utf8').replace(/^\uFEFF/, ''));
    const data = repairedAnswer(dataOf(lines), this.#awaited);
    return data === undefined ? '' : withData(lines, data);
  }

  /** Passes what has ended, and holds what has not. */
  #passRest(chunk: Buffer, from: number): PieceOutcome {
    const ended = this.#reader.from;
    if (ended > 0) this.#flows = false;
    const passed = ended > from ? this.#write(chunk.subarray(from, ended)) : 'held';
    if (ended === chunk.length) return passed;
    const rest = chunk.subarray(ended);
    if (this.#flows) return this.#write(rest);
    this.#held.add(rest);
    if (this.#held.length <= HELD_BYTES) return passed;
    this.#flows = true;
    return this.#write(this.#held.take() ?? rest);
  }

  /** Sends the head, unless it was sent. */
  #begin(): ServerResponse {
    const head = this.#head;
    this.#head = undefined;
    return head === undefined ? this.#res : this.#res.writeHead(head.status, head.headers);
  }

  #write(bytes: Buffer | string): 'passed' | 'full' {
    const res = this.#begin();
    const held = this.#held.take();
    if (held !== undefined) res.write(held);
    this.#lastByte = lastByteOf(bytes);
    return res.write(bytes) ? 'passed' : 'full';
  }

  #endWith(last: Buffer | string): 'over' {
    if (lastByteOf(last) === CR) {
      this.#write(last);
      this.#res.end(this.#lineEnd);
      return 'over';
    }
    const held = this.#held.take();
    const head = this.#head;
    if (head !== undefined && held === undefined) {
      // All of it has come in one turn, as most answers do.
      this.#head = undefined;
      sendWhole(this.#res, head.status, head.headers, typeof last === 'string' ? Buffer.from(last) : last);
      return 'over';
    }
    const res = this.#begin();
    if (held !== undefined) res.write(held);
    res.end(last);
    return 'over';
  }
}

function lastByteOf(bytes: Buffer | string): number | undefined {
  return typeof bytes === 'string' ? bytes.charCodeAt(bytes.length - 1) : bytes[bytes.length - 1];
}
