import type { IncomingMessage } from 'node:http';
import { Invalid, Limited, type AppError } from '../errors.ts';

/** Takes the whole body, or why there is none. Never called when the client goes away meanwhile. */
export type BodyCallback = (body: Buffer | undefined, error: AppError | undefined) => void;

/**
 * Reads a request body of at most `maxBytes`: into one buffer when its length is declared, without a copy when it came in
 * one piece. A longer one is refused as soon as that is known, and no more of it is read.
 */
export function readBody(req: IncomingMessage, maxBytes: number, done: BodyCallback): void {
  const declared = req.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  if (length !== undefined && length > maxBytes) {
    done(undefined, tooLarge(maxBytes));
    return;
  }
  const body = length === undefined ? new UnknownLength(maxBytes) : new KnownLength(length);
  const onData = (chunk: Buffer): void => {
    if (body.add(chunk)) return;
    stop();
    req.pause();
    done(undefined, tooLarge(maxBytes));
  };
  const onEnd = (): void => {
    stop();
    const whole = body.whole();
    if (whole === undefined) done(undefined, new Invalid('parse-error', 'The body ended early.'));
    else done(whole, undefined);
  };
  const stop = (): void => {
    req.removeListener('data', onData);
    req.removeListener('end', onEnd);
  };
  req.on('data', onData);
  req.on('end', onEnd);
}

class KnownLength {
  readonly #length: number;
  #body: Buffer | undefined;
  #filled = 0;

  constructor(length: number) {
    this.#length = length;
  }

  add(chunk: Buffer): boolean {
    if (this.#filled === 0 && chunk.length === this.#length) {
      this.#body = chunk;
    } else {
      this.#body ??= Buffer.allocUnsafeSlow(this.#length);
      chunk.copy(this.#body, this.#filled);
    }
    this.#filled += chunk.length;
    return this.#filled <= this.#length;
  }

  whole(): Buffer | undefined {
    if (this.#filled !== this.#length) return undefined;
    return this.#body ?? Buffer.alloc(0);
  }
}

class UnknownLength {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #filled = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Buffer): boolean {
    this.#filled += chunk.length;
    if (this.#filled > this.#maxBytes) return false;
    this.#chunks.push(chunk);
    return true;
  }

  whole(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks, this.#filled);
  }
}

function tooLarge(maxBytes: number): AppError {
  return new Limited('body-too-large', `The body is larger than ${String(maxBytes)} bytes.`, { data: { maxBytes } });
}
