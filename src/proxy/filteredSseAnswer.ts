import { StringDecoder } from 'node:string_decoder';
import { Unavailable, type AppError } from '../errors.ts';
import type { AnswerSink } from './answerSink.ts';
import { filterToolsInText } from './toolListFilter.ts';

/** So many pieces of a line are joined: each costs memory beyond its text. */
const MAX_PIECES = 1_024;

/** Passes an event stream on event by event, with the tools that are not granted taken out of every tool list. */
export class FilteredSseAnswer implements AnswerSink {
  readonly #out: AnswerSink;
  readonly #mayUse: (tool: string) => boolean;
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

  constructor(out: AnswerSink, mayUse: (tool: string) => boolean, server: string, maxBytes: number) {
    this.#out = out;
    this.#mayUse = mayUse;
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
        events += this.#filtered();
        this.#lines = [];
        this.#eventLength = text.length - from;
      }
    }
    if (from < text.length) this.#pieces.push(text.slice(from));
    if (this.#pieces.length >= MAX_PIECES) this.#pieces = [this.#pieces.join('')];
    return events;
  }

  /** An event whose data is no message is dropped: what can't be read can't be filtered. */
  #filtered(): string {
    if (this.#lines.length === 0) return '';
    const data = this.#lines.filter(isData).map(dataOf).join('\n');
    const others = this.#lines.filter((line) => !isData(line));
    if (data === '') return `${this.#lines.join('\n')}\n\n`;
    const filtered = filterToolsInText(data, this.#mayUse);
    if (filtered === undefined) return '';
    if (filtered === data) return `${this.#lines.join('\n')}\n\n`;
    return `${[...others, `data: ${filtered}`].join('\n')}\n\n`;
  }
}

function isData(line: string): boolean {
  return line === 'data' || line.startsWith('data:');
}

function dataOf(line: string): string {
  return line.slice(line.startsWith('data: ') ? 6 : 5);
}
