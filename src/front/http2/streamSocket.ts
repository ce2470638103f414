import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { Paced } from '../pace.ts';
import { readAnswerHead } from './answerHead.ts';

/** So much is handed to a stream at once, in bytes: of what is on its way, nothing tells how much the client has taken. */
const PIECE = 16 * 1_024;

type Done = (error?: Error | null) => void;

/**
 * What Node's answers take for the socket of their client, over one stream of HTTP/2. They write what they would write to a connection
 * of HTTP/1.1 that ends with the answer: a head, then the body as it is.
 */
export class StreamSocket extends Writable implements Paced {
  /** As of TLS. */
  readonly encrypted = true;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  takenBytes = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #closeSession: () => void;
  #hasHead = false;
  /** What is being written, in bytes. */
  #inHand = 0;

  /** @param closeSession called when the answer is to be the last one of its connection */
  constructor(
    stream: ServerHttp2Stream,
    { remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>,
    closeSession: () => void,
  ) {
    super({ autoDestroy: false });
    this.#stream = stream;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.#closeSession = closeSession;
    // What can't be sent ends the stream. Who writes hears of it by `close`.
    this.on('error', () => this.destroy());
    for (const event of ['aborted', 'close']) stream.once(event, () => this.destroy());
    this.once('finish', () => this.#finished());
  }

  get unsentBytes(): number {
    return this.writableLength;
  }

  /** All that was written has left, and the client has not left before. */
  get isTaken(): boolean {
    const { aborted, closed, rstCode, writableEnded, writableFinished } = this.#stream;
    // A stream whose end has left with its last bytes closes before Node calls it finished.
    const isWhole = writableFinished || (writableEnded && closed && rstCode === constants.NGHTTP2_NO_ERROR);
    return isWhole && !aborted;
  }

  /** The answer is whole: its end leaves with its last bytes, where those have not gone yet. */
  endAnswer(): void {
    this.end();
    if (this.#inHand > 0 && this.#inHand === this.writableLength && this.#inHand <= PIECE) this.#stream.end();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#take([chunk], chunk.length, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    const pieces = chunks.map(({ chunk }) => chunk);
    this.#take(
      pieces,
      pieces.reduce((sum, { length }) => sum + length, 0),
      done,
    );
  }

  override _final(done: Done): void {
    if (this.#stream.writableFinished || this.#stream.destroyed) done();
    else if (this.#stream.writableEnded) this.#stream.once('finish', done);
    else this.#stream.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    // What has come of the request and is not read would keep it.
    this.#stream.destroy();
    done(error);
  }

  /** The rest of a request that has its answer is not read (RFC 9113, 8.1). */
  #finished(): void {
    if (!this.#stream.closed && !this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    this.#stream.resume();
  }

  #take(chunks: Buffer[], length: number, done: Done): void {
    this.#inHand = length;
    try {
      this.#sendHeads(chunks);
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#send(chunks, (error) => {
      this.#inHand = 0;
      done(error);
    });
  }

  /** Takes the head off the chunks, and those of 1xx before it. */
  #sendHeads(chunks: Buffer[]): void {
    while (!this.#hasHead && !this.#stream.destroyed) {
      const first = chunks[0];
      if (first === undefined) return;
      const { headers, isInformational, closes, end } = readAnswerHead(first);
      if (end === first.length) chunks.shift();
      else chunks[0] = first.subarray(end);
      if (isInformational) this.#stream.additionalHeaders(headers);
      else {
        this.#hasHead = true;
        if (closes) this.#closeSession();
        this.#stream.respond(headers);
      }
    }
  }

  #send(chunks: Buffer[], done: Done): void {
    const piece = takePiece(chunks);
    if (piece === undefined || this.#stream.destroyed || this.#stream.writableEnded) {
      done();
      return;
    }
    this.#stream.write(piece, (error) => {
      this.takenBytes += piece.length;
      if (error) done(error);
      else this.#send(chunks, done);
    });
  }
}

/** Takes up to `PIECE` bytes off the beginning, from as many chunks as fit; undefined when there are none. */
function takePiece(chunks: Buffer[]): Buffer | undefined {
  let length = 0;
  let count = 0;
  for (const chunk of chunks) {
    if (length + chunk.length > PIECE) break;
    length += chunk.length;
    count += 1;
  }
  const whole = chunks.splice(0, count);
  const [first] = chunks;
  if (length > 0 || first === undefined)
    return length === 0 ? undefined : whole.length === 1 ? whole[0] : Buffer.concat(whole);
  chunks[0] = first.subarray(PIECE);
  return first.subarray(0, PIECE);
}
