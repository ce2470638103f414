import type { ServerResponse } from 'node:http';
import { Unavailable, type AppError } from '../errors.ts';
import { GrowingBuffer } from '../growingBuffer.ts';
import { JsonOutline } from '../mcp/jsonOutline.ts';
import type { AnswerSink } from './answerSink.ts';

/** An answer up to this length is sent in one go once it is whole; a longer one flows. */
const HELD_BYTES = 65_536;

/** So short an answer is copied into the head's string, which makes one small write of what would be a gathered one. */
const ONE_WRITE_BYTES = 8_192;

/**
 * Passes a JSON document on as bytes. Its last piece is held until the document is seen to be whole, so that half a document
 * never reaches the client as a complete answer, whatever length the server declared.
 */
export class JsonAnswer implements AnswerSink {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #headers: string[];
  readonly #server: string;
  readonly #declared: number | undefined;
  readonly #outline = new JsonOutline();
  #held: Buffer | GrowingBuffer | undefined;
  #received = 0;
  #flows = false;

  constructor(res: ServerResponse, status: number, headers: string[], server: string, declared: string | undefined) {
    this.#res = res;
    this.#status = status;
    this.#headers = headers;
    this.#server = server;
    this.#declared = declared === undefined ? undefined : Number(declared);
  }

  data(chunk: Buffer): boolean {
    this.#outline.push(chunk);
    this.#received += chunk.length;
    if (this.#flows) {
      // With a declared length the last piece would complete the answer: it waits for the verdict.
      if (this.#received !== this.#declared) return this.#res.write(chunk);
      this.#held = chunk;
      return true;
    }
    this.#hold(chunk);
    if ((this.#declared ?? this.#received) <= HELD_BYTES) return true;
    return this.#startFlow();
  }

  end(): AppError | undefined {
    if (!this.#outline.complete) {
      return new Unavailable('upstream-truncated', `The server "${this.#server}" sent half a JSON document.`);
    }
    const body = this.#takeHeld();
    if (!this.#flows) {
      this.#headers.push('Content-Length', String(this.#received));
      this.#res.writeHead(this.#status, this.#headers);
    }
    if (!this.#flows && body !== undefined && body.length <= ONE_WRITE_BYTES) {
      this.#res.end(body.toString('latin1'), 'latin1');
    } else this.#res.end(body);
    return undefined;
  }

  fail(): void {
    this.#res.destroy();
  }

  keepAlive(): void {
    // White space would be allowed in JSON, but an answer that has begun to flow is not silent for long.
  }

  #hold(chunk: Buffer): void {
    if (this.#held === undefined) {
      this.#held = chunk;
      return;
    }
    if (!(this.#held instanceof GrowingBuffer)) {
      const pieces = new GrowingBuffer();
      pieces.add(this.#held);
      this.#held = pieces;
    }
    this.#held.add(chunk);
  }

  #takeHeld(): Buffer | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held instanceof GrowingBuffer ? held.take() : held;
  }

  #startFlow(): boolean {
    if (this.#received === this.#declared) return true;
    this.#flows = true;
    if (this.#declared !== undefined) this.#headers.push('Content-Length', String(this.#declared));
    this.#res.writeHead(this.#status, this.#headers);
    const held = this.#takeHeld();
    return held === undefined || this.#res.write(held);
  }
}
