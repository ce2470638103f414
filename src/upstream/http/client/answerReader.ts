import { errors } from 'undici';
import type { AnswerHead, AnswerHeads } from './answerHead.ts';
import { ChunkedContent } from './chunkedContent.ts';
import { MalformedAnswer } from './malformedAnswer.ts';

/** Of the head of an answer, in bytes: as much as Node's own server and client take (`--max-http-header-size`). */
const MAX_HEAD_BYTES = 16 * 1024;

/** Heads before that of the answer itself (RFC 9110, 15.2). */
const MAX_INTERIM = 32;

const HEAD_END = '\r\n\r\n';

/** How the first bytes of each answer begin; anything else is another protocol, whose head would never end. */
const BEGINNING = 'HTTP/1.';

/** What comes of an answer, in order. */
export interface AnswerEvents {
  onBegin(): void;
  onHead(head: AnswerHead): void;
  onContent(piece: Buffer): void;
  onEnd(): void;
}

/** Reads one answer after the other out of what a connection brings. */
export class AnswerReader {
  readonly #events: AnswerEvents;
  readonly #heads: AnswerHeads;
  /** Of a head that is not whole yet. */
  #head: Buffer | undefined;
  #hasBegun = false;
  #interim = 0;
  /** Of the answer whose content is read. */
  #current: AnswerHead | undefined;
  #left = 0;
  #chunked: ChunkedContent | undefined;

  constructor(heads: AnswerHeads, events: AnswerEvents) {
    this.#heads = heads;
    this.#events = events;
  }

  /** Nothing of an answer has come. */
  get isIdle(): boolean {
    return !this.#hasBegun;
  }

  /**
   * Reads until an answer ends, or as long as it may go on.
   * @param mayGoOn asked before each event after the first
   * @returns how much was read, in bytes
   * @throws MalformedAnswer; HeadersOverflowError; SocketError
   */
  read(bytes: Buffer, mayGoOn: () => boolean): number {
    let at = 0;
    while (at < bytes.length && mayGoOn()) {
      if (this.#current === undefined) at = this.#readHead(bytes, at);
      else at = this.#readContent(bytes, at);
      if (this.isIdle) return at;
    }
    return at;
  }

  /** The connection has ended. @returns whether the answer is whole by that */
  end(): boolean {
    if (this.#current?.content !== 'close') return false;
    this.#finish();
    return true;
  }

  #readHead(bytes: Buffer, from: number): number {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#events.onBegin();
    }
    const before = this.#head;
    const all = before === undefined ? bytes.subarray(from) : Buffer.concat([before, bytes.subarray(from)]);
    const beginning = all.toString('latin1', 0, BEGINNING.length);
    if (!BEGINNING.startsWith(beginning)) throw new MalformedAnswer('beginning', all.toString('latin1', 0, 64));
    // A line that comes in two pieces is looked for from where the first one ended.
    const end = all.indexOf(HEAD_END, Math.max(0, (before?.length ?? 0) - HEAD_END.length), 'latin1');
    if ((end === -1 ? all.length : end) > MAX_HEAD_BYTES) throw new errors.HeadersOverflowError();
    if (end === -1) {
      this.#head = before === undefined ? Buffer.from(all) : all;
      return bytes.length;
    }
    this.#head = undefined;
    this.#takeHead(all.toString('latin1', 0, end));
    return from + end + HEAD_END.length - (before?.length ?? 0);
  }

  #takeHead(text: string): void {
    const head = this.#heads.read(text);
    if (head.status === 101 || head.status === 100)
      throw new errors.SocketError('an interim answer that nobody asked for');
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > MAX_INTERIM) throw new errors.HeadersOverflowError();
      this.#events.onHead(head);
      return;
    }
    this.#current = head;
    if (head.content === 'chunked') this.#chunked = new ChunkedContent();
    else this.#left = head.content === 'close' ? Infinity : head.content;
    this.#events.onHead(head);
    if (this.#left === 0 && this.#chunked === undefined) this.#finish();
  }

  #readContent(bytes: Buffer, from: number): number {
    if (this.#chunked !== undefined) {
      const { at, content } = this.#chunked.take(bytes, from);
      if (content !== undefined) this.#events.onContent(content);
      if (this.#chunked.isOver) this.#finish();
      return at;
    }
    const whole = from === 0 && bytes.length <= this.#left;
    const piece = whole ? bytes : bytes.subarray(from, from + this.#left);
    this.#left -= piece.length;
    this.#events.onContent(piece);
    if (this.#left === 0) this.#finish();
    return from + piece.length;
  }

  #finish(): void {
    this.#current = undefined;
    this.#chunked = undefined;
    this.#hasBegun = false;
    this.#left = this.#interim = 0;
    this.#events.onEnd();
  }
}
