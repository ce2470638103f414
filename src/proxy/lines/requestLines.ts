import type { BodyLease } from '../../calls/bodyRoom.ts';
import { Limited } from '../../errors/appError.ts';
import { GrowingBuffer } from '../../growingBuffer.ts';
import type { ReadBody } from '../readBody.ts';

const NEWLINE = 0x0a;

/** Divides the body of a request into lines, without a copy of those that came in one piece. */
export class RequestLines {
  readonly #maxBytes: number;
  readonly #leaseRoom: () => BodyLease;
  #begun = new GrowingBuffer();
  #lease: BodyLease | undefined;

  constructor({ maxBytes, leaseRoom }: { readonly maxBytes: number; readonly leaseRoom: () => BodyLease }) {
    this.#maxBytes = maxBytes;
    this.#leaseRoom = leaseRoom;
  }

  /** Gives the lines that end in a piece of the body. @throws Limited `line-too-long`, `too-many-bodies` */
  *push(chunk: Buffer): Generator<ReadBody, void, undefined> {
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      const piece = chunk.subarray(at, end);
      at = end + 1;
      if (this.#begun.length > 0) {
        this.#add(piece);
        yield this.#take();
      } else {
        this.#check(piece.length);
        yield { bytes: piece, lease: undefined, since: performance.now() };
      }
    }
    if (at < chunk.length) this.#add(chunk.subarray(at));
  }

  /** The last line, which the end of the body ends. */
  rest(): ReadBody | undefined {
    return this.#begun.length === 0 ? undefined : this.#take();
  }

  /** Gives up what has begun. */
  drop(): void {
    this.#take().lease?.release();
  }

  #add(piece: Buffer): void {
    this.#check(this.#begun.length + piece.length);
    this.#lease ??= this.#leaseRoom();
    this.#lease.grow(piece.length);
    this.#begun.add(piece);
  }

  #take(): ReadBody {
    const line = { bytes: this.#begun.take(), lease: this.#lease, since: performance.now() };
    this.#lease = undefined;
    return line;
  }

  #check(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    const message = `A line is longer than ${String(this.#maxBytes)} bytes: what follows it can’t be read.`;
    throw new Limited('line-too-long', message, { data: { maxBytes: this.#maxBytes } });
  }
}
