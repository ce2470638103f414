import { StringDecoder } from 'node:string_decoder';
import { Unavailable, type AppError } from '../errors.ts';
import type { AnswerRewrite } from './answerRewrite.ts';
import type { AnswerSink } from './answerSink.ts';

/** So many pieces of a line are joined: each costs memory beyond its text. */
const MAX_PIECES = 1_024;

/** Passes an event stream on event by event, each message as it is to be for the client. */
export class RewrittenSseAnswer implements AnswerSink {
  readonly #out: AnswerSink;
  readonly #rewrite: AnswerRewrite;
  readonly #server: string;
  readonly #maxBytes: number;
  readonly #decoder = new StringDecoder('utf8');
  /** The event that is not whole yet, and the pieces of its last line, which is not whole either. */
  #lines: string[] = [];
  #pieces: string[] = [];
  #eventLength = 0;
  #first = true;
  /** The last byte was a CR: an LF after it belongs to the same line end. */
  #afterCr = false;

  constructor(out: AnswerSink, rewrite: AnswerRewrite, server: string, maxBytes: number) {
    this.#out = out;
    this.#rewrite = rewrite;
    this.#server = server;
    this.#maxBytes = maxBytes;
  }

  data(chunk: Buffer): boolean | AppError {
    let text = this.#decoder.write(chunk);
    if (text === '') return true;
    if (this.#first && text.startsWith('\uFEFF')) text = text.slice(1);
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1);
    this.#first = false;
    this.#afterCr = text.endsWith('\r');
    this.#eventLength += text.length;
    const events = this.#wholeEvents(text);
    if (this.#eventLength > this.#maxBytes) {
      const message = `The server "${this.#server}" sent an event of more than ${String(this.#maxBytes)} bytes.`;
      return new Unavailable('upstream-too-large', message);
    }
    return events === '' || this.#out.data(Buffer.from(events));
  }

  end(): AppError | undefined {
    if (this.#lines.length === 0 && this.#pieces.length === 0) return this.#out.end();
    return new Unavailable('upstream-truncated', `The server "${this.#server}" sent half an event.`);
  }

  fail(error: AppError): void {
    this.#out.fail(error);
  }

  keepAlive(): void {
    this.#out.keepAlive();
  }

  /** Looks at each piece of text once: a server may send a long line byte by byte. */
  #wholeEvents(text: string): string {
    let events = '';
    let from = 0;
    for (const end of text.matchAll(/\r\n|\n|\r/g)) {
      const line = this.#pieces.join('') + text.slice(from, end.index);
      this.#pieces = [];
      from = end.index + end[0].length;
      if (line !== '') this.#lines.push(line);
      else {
        events += this.#rewritten();
        this.#lines = [];
        this.#eventLength = text.length - from;
      }
    }
    if (from < text.length) this.#pieces.push(text.slice(from));
    if (this.#pieces.length >= MAX_PIECES) this.#pieces = [this.#pieces.join('')];
    return events;
  }

  /** Of an event that is not passed on its id stays: the client resumes after it. What can't be read can't be rewritten. */
  #rewritten(): string {
    if (this.#lines.length === 0) return '';
    const data = this.#lines.filter(isData).map(dataOf).join('\n');
    if (data === '') return `${this.#lines.join('\n')}\n\n`;
    const rewritten = this.#rewrite(data);
    if (rewritten === data) return `${this.#lines.join('\n')}\n\n`;
    const others = this.#lines.filter((line) => !isData(line));
    if (rewritten !== undefined) return `${[...others, `data: ${rewritten}`].join('\n')}\n\n`;
    const kept = others.filter(isOfStream);
    return kept.length === 0 ? '' : `${kept.join('\n')}\n\n`;
  }
}

/** Fields that mean something without data (WHATWG HTML, 9.2.6). */
function isOfStream(line: string): boolean {
  return line === 'id' || line.startsWith('id:') || line.startsWith('retry:');
}

function isData(line: string): boolean {
  return line === 'data' || line.startsWith('data:');
}

function dataOf(line: string): string {
  return line.slice(line.startsWith('data: ') ? 6 : 5);
}
