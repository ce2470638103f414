import type { ServerResponse } from 'node:http';
import { Unavailable, type AppError } from '../errors.ts';
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
  readonly #chunks: Buffer[] = [];
  #received = 0;

  constructor(options: {
    res: ServerResponse;
    status: number;
    headers: string[];
    server: string;
    maxBytes: number;
    rewrite: Rewrite;
  }) {
    this.#res = options.res;
    this.#status = options.status;
    this.#headers = options.headers;
    this.#server = options.server;
    this.#maxBytes = options.maxBytes;
    this.#rewrite = options.rewrite;
  }

  data(chunk: Buffer): true | AppError {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) {
      const message = `The server "${this.#server}" answered with more than ${String(this.#maxBytes)} bytes.`;
      return new Unavailable('upstream-too-large', message);
    }
    this.#chunks.push(chunk);
    return true;
  }

  end(): AppError | undefined {
    const outcome = this.#rewrite(Buffer.concat(this.#chunks));
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
