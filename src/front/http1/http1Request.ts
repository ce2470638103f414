import type { Socket } from 'node:net';
import { FrontRequest } from '../frontRequest.ts';
import { addHeaderLines } from '../headerLines.ts';
import type { RequestHead } from './headReader.ts';

/** A request of HTTP/1.1 that was read without Node's parser. To who reads it, it is as one of Node's server. */
export class Http1Request extends FrontRequest {
  /** The whole body, where it came with its head and nobody has it yet. */
  #content: Buffer | undefined;
  /** Of the body, in bytes, that have not come yet. */
  #missing: number;
  #hasEnded = false;
  #isDumped = false;
  /** Node takes it from a request that is destroyed. */
  readonly #connection: Socket;

  /** @param content the body, where it is there whole */
  constructor(socket: Socket, head: RequestHead, content: Buffer | undefined) {
    super(socket);
    this.#connection = socket;
    const { method, target, rawHeaders, contentLength } = head;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.method = method;
    this.url = target;
    addHeaderLines(this, rawHeaders);
    if (head.joined === undefined) head.joined = { ...this.headers };
    // A list would be one for all.
    else if (head.joined['set-cookie'] === undefined) this.headers = { ...head.joined };
    this.#content = content;
    this.#missing = content === undefined ? contentLength : 0;
    // From here on, lines would be those of a trailer.
    this.complete = content !== undefined;
  }

  get missing(): number {
    return this.#missing;
  }

  override takeContent(): Buffer | undefined {
    const content = this.readableFlowing === null && !this.destroyed ? this.#content : undefined;
    if (content !== undefined) this.#content = undefined;
    return content;
  }

  /** Takes in what has come of the body, no more than is missing. @returns false: no more is to be read for now */
  receive(piece: Buffer): boolean {
    this.#missing -= piece.length;
    const goesOn = this.#isDumped || this.push(piece);
    if (this.#missing > 0) return goesOn;
    this.complete = true;
    this.#end();
    return true;
  }

  /** Its answer is over: what is left of it is thrown away, unless somebody is reading it. Who waits for its end hears of it. */
  dump(): void {
    if (this.readableFlowing === true || this.isTaken) return;
    this.#isDumped = true;
    const hasGivenContent = this.complete && this.#content === undefined && !this.#hasEnded;
    if (hasGivenContent && this.listenerCount('close') === 0) return;
    this.resume();
  }

  /** Its connection is gone. */
  abort(): void {
    if (!this.destroyed) this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }

  override _read(): void {
    if (!this.complete) {
      this.#connection.resume();
      return;
    }
    const content = this.#content;
    this.#content = undefined;
    if (content !== undefined && content.length > 0) this.push(content);
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
  }
}
