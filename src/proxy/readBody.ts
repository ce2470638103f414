import type { IncomingMessage } from 'node:http';
import type { BodyLease } from '../calls/bodyRoom.ts';
import { AppError, Invalid, Limited } from '../errors/appError.ts';
import { FrontRequest } from '../front/frontRequest.ts';
import { GrowingBuffer } from '../growingBuffer.ts';

/** A body that was read whole. */
export interface ReadBody {
  readonly bytes: Buffer;
  /** The room that it takes; the receiver gives it back. Undefined for a body that came in one piece. */
  readonly lease: BodyLease | undefined;
  /** When it was there, of `performance.now()`. */
  readonly since: number;
}

/** Gets the whole body, or the refusal. Never called when the client goes away meanwhile. */
export type BodyCallback = (body: ReadBody | AppError) => void;

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly leaseRoom: () => BodyLease;
}

/**
 * Reads a request body, without a copy when it came in one piece. What is declared and has not come takes no memory. One
 * beyond the bound is refused as soon as that is known, and no more of it is read; likewise one for which there is no room.
 */
export function readBody(req: IncomingMessage, { maxBytes, leaseRoom }: ReadBodyOptions, done: BodyCallback): void {
  const declared = req.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  if (length !== undefined && length > maxBytes) {
    done(tooLarge(maxBytes));
    return;
  }
  const content = req instanceof FrontRequest ? req.takeContent() : undefined;
  if (content !== undefined) {
    done({ bytes: content, lease: undefined, since: performance.now() });
    return;
  }
  const body = new CollectedBody(length, maxBytes);
  let lease: BodyLease | undefined;
  const makeRoom = (chunk: Buffer): void => {
    if (lease === undefined) {
      if (chunk.length === length) return;
      lease = leaseRoom();
      req.once('close', giveUp);
    }
    lease.grow(chunk.length);
  };
  const onData = (chunk: Buffer): boolean => {
    try {
      makeRoom(chunk);
      if (body.add(chunk)) return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      fail(error);
      return false;
    }
    fail(tooLarge(maxBytes));
    return false;
  };
  const onEnd = (): void => {
    const bytes = body.whole();
    if (bytes === undefined) {
      fail(new Invalid('parse-error', 'The body ended early.'));
      return;
    }
    stop();
    done({ bytes, lease, since: performance.now() });
  };
  const fail = (error: AppError): void => {
    giveUp();
    req.pause();
    done(error);
  };
  const giveUp = (): void => {
    stop();
    lease?.release();
  };
  const isTaken = req instanceof FrontRequest && req.takeBody({ onPiece: onData, onEnd });
  const stop = (): void => {
    if (isTaken) req.releaseBody();
    else {
      req.removeListener('data', onData);
      req.removeListener('end', onEnd);
    }
    if (lease !== undefined) req.removeListener('close', giveUp);
  };
  if (isTaken) return;
  req.on('data', onData);
  req.on('end', onEnd);
}

class CollectedBody {
  readonly #length: number | undefined;
  readonly #maxBytes: number;
  /** The body, when it came in one piece, as most do. */
  #onePiece: Buffer | undefined;
  #pieces: GrowingBuffer | undefined;

  constructor(length: number | undefined, maxBytes: number) {
    this.#length = length;
    this.#maxBytes = length ?? maxBytes;
  }

  /** Returns false when it is too long. */
  add(chunk: Buffer): boolean {
    if (this.#pieces === undefined && chunk.length === this.#length) {
      this.#onePiece = chunk;
      return true;
    }
    this.#pieces ??= new GrowingBuffer(this.#length);
    if (this.#pieces.length + chunk.length > this.#maxBytes) return false;
    this.#pieces.add(chunk);
    return true;
  }

  /** Returns undefined when a part is missing. */
  whole(): Buffer | undefined {
    const body = this.#onePiece ?? this.#pieces?.take() ?? Buffer.alloc(0);
    return this.#length === undefined || this.#length === body.length ? body : undefined;
  }
}

function tooLarge(maxBytes: number): AppError {
  return new Limited('body-too-large', `The body is larger than ${String(maxBytes)} bytes.`, { data: { maxBytes } });
}
