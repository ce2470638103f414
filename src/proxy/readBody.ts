import type { IncomingMessage } from 'node:http';
import type { BodyLease } from '../calls/callRegister.ts';
import { AppError, Invalid, Limited } from '../errors.ts';
import { GrowingBuffer } from '../growingBuffer.ts';

/** A body that was read whole. */
export interface ReadBody {
  readonly bytes: Buffer;
  /** The room that it takes, to be given back by who gets it; undefined for one that came with its head, in one piece. */
  readonly lease: BodyLease | undefined;
}

/** Takes the whole body, or why there is none. Never called when the client goes away meanwhile. */
export type BodyCallback = (body: ReadBody | undefined, error: AppError | undefined) => void;

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly leaseRoom: () => BodyLease;
}

/**
 * Reads a request body: into one buffer when its length is declared, without a copy when it came in one piece. A longer
 * one is refused as soon as that is known, and no more of it is read; likewise one for which there is no room.
 */
export function readBody(req: IncomingMessage, { maxBytes, leaseRoom }: ReadBodyOptions, done: BodyCallback): void {
  const declared = req.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  if (length !== undefined && length > maxBytes) {
    done(undefined, tooLarge(maxBytes));
    return;
  }
  const body = length === undefined ? new UnknownLength(maxBytes) : new KnownLength(length);
  let lease: BodyLease | undefined;
  const makeRoom = (chunk: Buffer): void => {
    if (lease === undefined) {
      if (chunk.length === length) return;
      lease = leaseRoom();
      req.once('close', giveUp);
    }
    lease.grow(chunk.length);
  };
  const onData = (chunk: Buffer): void => {
    try {
      makeRoom(chunk);
      if (body.add(chunk)) return;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      fail(error);
      return;
    }
    fail(tooLarge(maxBytes));
  };
  const onEnd = (): void => {
    const bytes = body.whole();
    if (bytes === undefined) {
      fail(new Invalid('parse-error', 'The body ended early.'));
      return;
    }
    stop();
    done({ bytes, lease }, undefined);
  };
  const fail = (error: AppError): void => {
    giveUp();
    req.pause();
    done(undefined, error);
  };
  const giveUp = (): void => {
    stop();
    lease?.release();
  };
  const stop = (): void => {
    req.removeListener('data', onData);
    req.removeListener('end', onEnd);
    req.removeListener('close', giveUp);
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
  readonly #body = new GrowingBuffer();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Buffer): boolean {
    if (this.#body.length + chunk.length > this.#maxBytes) return false;
    this.#body.add(chunk);
    return true;
  }

  whole(): Buffer {
    return this.#body.take();
  }
}

function tooLarge(maxBytes: number): AppError {
  return new Limited('body-too-large', `The body is larger than ${String(maxBytes)} bytes.`, { data: { maxBytes } });
}
