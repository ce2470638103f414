import type { ServerResponse } from 'node:http';
import { Unavailable, type AppError } from '../errors.ts';
import { AwaitedAnswers } from '../mcp/awaitedAnswers.ts';
import { MessageScan } from '../mcp/messageScan.ts';
import type { AnswerSink } from './answerSink.ts';
import type { Call } from './call.ts';
import { HELD_BYTES, HeldBytes } from './heldBytes.ts';
import { repairedAnswer } from './repairedAnswer.ts';

/** So short an answer is copied into the head's string, which makes one small write of what would be a gathered one. */
const ONE_WRITE_BYTES = 8_192;

/**
 * Passes a JSON document on as bytes; one up to a bound in one go once it is whole, a longer one as it comes. Its last piece is
 * held until the document is seen to be whole and to answer what was asked, so that half a document never reaches the client as
 * a complete answer, whatever length the server declared.
 */
export class JsonAnswer implements AnswerSink {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #headers: string[];
  readonly #call: Call;
  readonly #declared: number | undefined;
  readonly #scan = new MessageScan();
  readonly #held = new HeldBytes();
  #received = 0;
  #flows = false;

  constructor(res: ServerResponse, status: number, headers: string[], call: Call, declared: string | undefined) {
    this.#res = res;
    this.#status = status;
    this.#headers = headers;
    this.#call = call;
    this.#declared = declared === undefined ? undefined : Number(declared);
  }

  data(chunk: Buffer): boolean {
    this.#scan.push(chunk);
    this.#received += chunk.length;
    // With a declared length the last piece would complete the answer: it waits for the verdict.
    const isLast = this.#received === this.#declared;
    if (this.#flows && !isLast) return this.#res.write(chunk);
    this.#held.add(chunk);
    if (isLast || (this.#declared ?? this.#received) <= HELD_BYTES) return true;
    return this.#startFlow();
  }

  end(): AppError | undefined {
    if (!this.#scan.complete) {
      return new Unavailable('upstream-truncated', `The server "${this.#call.server.name}" sent half a JSON document.`);
    }
    const held = this.#held.take();
    if (this.#flows) {
      if (!this.#isAnswer()) return this.#otherAnswer();
      this.#res.end(held);
      return undefined;
    }
    const body = held === undefined || this.#isAnswer() ? held : this.#repaired(held);
    if (body === undefined) return this.#otherAnswer();
    this.#headers.push('Content-Length', String(body.length));
    this.#res.writeHead(this.#status, this.#headers);
    if (body.length <= ONE_WRITE_BYTES) this.#res.end(body.toString('latin1'), 'latin1');
    else this.#res.end(body);
    return undefined;
  }

  fail(): void {
    this.#res.destroy();
  }

  keepAlive(): void {
    // White space would be allowed in JSON, but an answer that has begun to flow is not silent for long.
  }

  #startFlow(): boolean {
    this.#flows = true;
    if (this.#declared !== undefined) this.#headers.push('Content-Length', String(this.#declared));
    this.#res.writeHead(this.#status, this.#headers);
    const held = this.#held.take();
    return held === undefined || this.#res.write(held);
  }

  /** With an HTTP error the status is the answer, and the body may name no request. */
  #isAnswer(): boolean {
    const { awaited } = this.#call;
    if (this.#status >= 300 || awaited.length === 0) return true;
    const answers = new AwaitedAnswers(awaited);
    const isPassable = !this.#scan.tooMany && answers.take(this.#scan.responses) === 'own';
    return isPassable && answers.unanswered.length < awaited.length;
  }

  /** What of the document answers what was asked; undefined: nothing does. */
  #repaired(body: Buffer): Buffer | undefined {
    const awaited = new AwaitedAnswers(this.#call.awaited);
    const text = repairedAnswer(body.toString('utf8'), awaited);
    return text === undefined || awaited.unanswered.length === this.#call.awaited.length
      ? undefined
      : Buffer.from(text);
  }

  #otherAnswer(): AppError {
    const message = `The server "${this.#call.server.name}" answered something else than what was asked.`;
    return new Unavailable('upstream-not-mcp', message, { data: { status: this.#status } });
  }
}
