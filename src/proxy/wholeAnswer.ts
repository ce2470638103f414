import type { ServerResponse } from 'node:http';
import { Unavailable, type AppError } from '../errors.ts';
import { GrowingBuffer } from '../growingBuffer.ts';
import { excessOf, wordsOf } from '../mcp/jsonCost.ts';
import { JsonOutline } from '../mcp/jsonOutline.ts';
import type { AnswerRoom } from './answerRoom.ts';
import type { AnswerSink } from './answerSink.ts';

/** Decides what becomes of a whole body: other bytes, the same, or an error in its place. */
export type Rewrite = (body: Buffer) => Buffer | string | AppError;

/** Reads an answer whole, up to a bound, because what is sent depends on its content. */
export class WholeAnswer implements AnswerSink {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #headers: string[];
  readonly #server: string;
  readonly #maxBytes: number;
  readonly #rewrite: Rewrite;
  readonly #room: AnswerRoom;
  readonly #outline = new JsonOutline();
  readonly #body = new GrowingBuffer();

  constructor(options: {
    res: ServerResponse;
    status: number;
    headers: string[];
    server: string;
    maxBytes: number;
    rewrite: Rewrite;
    /** The room that the body takes until it has been sent. */
    room: AnswerRoom;
  }) {
    this.#res = options.res;
    this.#status = options.status;
    this.#headers = options.headers;
    this.#server = options.server;
    this.#maxBytes = options.maxBytes;
    this.#rewrite = options.rewrite;
    this.#room = options.room;
  }

  data(chunk: Buffer): true | AppError {
    if (this.#body.length + chunk.length > this.#maxBytes) {
      const message = `The server "${this.#server}" answered with more than ${String(this.#maxBytes)} bytes.`;
      return new Unavailable('upstream-too-large', message);
    }
    this.#outline.push(chunk);
    const excess = excessOf(this.#outline);
    if (excess !== undefined) {
      const message = `The server "${this.#server}" sent too much: an answer that ${wordsOf(excess)}.`;
      return new Unavailable('upstream-too-large', message);
    }
    const full = this.#room.grow(chunk.length);
    if (full !== undefined) return full;
    this.#body.add(chunk);
    return true;
  }

  end(): AppError | undefined {
    const outcome = this.#rewrite(this.#body.take());
    if (outcome instanceof Error) return outcome;
    const body = typeof outcome === 'string' ? Buffer.from(outcome) : outcome;
    this.#headers.push('Content-Length', String(body.length));
    this.#res.writeHead(this.#status, this.#headers);
    this.#res.end(body);
    return undefined;
  }

  fail(): void {
    this.#res.destroy();
  }

  keepAlive(): void {
    // Nothing has been sent yet.
  }
}
