import type { ServerResponse } from 'node:http';
import type { AppError } from '../../errors/appError.ts';
import { GrowingBuffer } from '../../growingBuffer.ts';
import { ByteOrderMark } from '../../mcp/byteOrderMark.ts';
import { tooLarge } from '../../mcp/failures.ts';
import { excessOf, describeExcess } from '../../mcp/jsonCost.ts';
import { JsonOutline } from '../../mcp/jsonOutline.ts';
import { atOnce, inSlices, type Steps } from '../../slices.ts';
import type { AnswerRoom } from './answerRoom.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';
import { sendWhole } from './wholeBody.ts';

/** Decides what becomes of a whole body: other bytes, the same, or an error in its place. */
export type Rewrite = (body: Buffer) => Steps<Rewritten>;
type Rewritten = Buffer | string | AppError;

/** Reads an answer whole, up to a bound, because what is sent depends on its content. */
export class WholeAnswer implements AnswerSink<PieceOutcome> {
  readonly isStream = false;
  /** Set by who decides on the body. */
  hasError = false;
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #headers: string[];
  readonly #server: string;
  readonly #maxBytes: number;
  readonly #mayBreakOff: boolean;
  readonly #rewrite: Rewrite;
  readonly #room: AnswerRoom;
  readonly #mark = new ByteOrderMark();
  readonly #outline = new JsonOutline();
  readonly #body = new GrowingBuffer();
  #rewritten: Rewritten | undefined;

  constructor(options: {
    res: ServerResponse;
    status: number;
    headers: string[];
    server: string;
    maxBytes: number;
    /** Its head tells enough when it breaks off, as that of an HTTP error does. */
    mayBreakOff: boolean;
    rewrite: Rewrite;
    /** The room that the body takes until it has been sent. */
    room: AnswerRoom;
  }) {
    this.#res = options.res;
    this.#status = options.status;
    this.#headers = options.headers;
    this.#server = options.server;
    this.#maxBytes = options.maxBytes;
    this.#mayBreakOff = options.mayBreakOff;
    this.#rewrite = options.rewrite;
    this.#room = options.room;
  }

  data(piece: Buffer): PieceOutcome {
    const chunk = this.#mark.skip(piece);
    if (this.#body.length + chunk.length > this.#maxBytes) {
      return this.#giveUp(`an answer of more than ${this.#maxBytes} bytes`);
    }
    this.#outline.push(chunk);
    const excess = excessOf(this.#outline);
    if (excess !== undefined) return this.#giveUp(`an answer that ${describeExcess(excess)}`);
    const full = this.#room.grow(chunk.length);
    if (full !== undefined) return full;
    this.#body.add(chunk);
    return 'held';
  }

  prepare(): Promise<void> | undefined {
    const outcome = inSlices(this.#rewrite(this.#body.take()));
    if (outcome instanceof Promise) return outcome.then((rewritten) => void (this.#rewritten = rewritten));
    this.#rewritten = outcome;
    return undefined;
  }

  end(): AppError | undefined {
    const outcome = this.#rewritten ?? atOnce(this.#rewrite(this.#body.take()));
    if (outcome instanceof Error) return outcome;
    const body = typeof outcome === 'string' ? Buffer.from(outcome) : outcome;
    sendWhole(this.#res, this.#status, this.#headers, body);
    return undefined;
  }

  finish(): boolean | AppError {
    if (!this.#mayBreakOff) return false;
    this.#body.take();
    return this.end() ?? true;
  }

  fail(): void {
    this.#res.destroy();
  }

  keepAlive(): void {
    // Nothing has been sent yet.
  }

  /** Reads no more: what its head tells is more than that there is too much. */
  #giveUp(what: string): PieceOutcome {
    const finished = this.finish();
    if (finished === true) return 'over';
    return finished || tooLarge({ server: this.#server }, what);
  }
}
