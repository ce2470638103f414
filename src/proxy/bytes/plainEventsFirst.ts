import type { AppError } from '../../errors/appError.ts';
import type { AnswerSink } from './answerSink.ts';

const METHOD = Buffer.from('"method"');
const I = 0x69;
const D = 0x64;
const BYTE_ORDER_MARK = 0xef;
const LF = 0x0a;
const CR = 0x0d;

/** Lines of one piece that are looked at one by one. A piece of more is read event by event, which costs the same for each byte. */
const MAX_LINES = 64;

/**
 * Passes an event stream on as it comes until there may be a message in it that has a method, or the id of an event, and from then
 * on event by event.
 * Most answers are one response, which nothing changes.
 */
export class PlainEventsFirst implements AnswerSink {
  readonly isStream = true;
  readonly #events: AnswerSink;
  #now: AnswerSink;

  /** @param plain writes what comes as it is @param events writes to it what it changes */
  constructor(plain: AnswerSink, events: AnswerSink) {
    this.#now = plain;
    this.#events = events;
  }

  get hasError(): boolean {
    return this.#now.hasError === true;
  }

  data(chunk: Buffer): ReturnType<AnswerSink['data']> {
    if (this.#now !== this.#events && !isPlain(chunk)) this.#now = this.#events;
    return this.#now.data(chunk);
  }

  end(): AppError | undefined {
    return this.#now.end();
  }

  finish(): boolean | AppError {
    return this.#now.finish?.() ?? false;
  }

  fail(error: AppError): void {
    this.#now.fail(error);
  }

  keepAlive(): void {
    this.#now.keepAlive();
  }
}

/** @param chunk begins between two events */
function isPlain(chunk: Buffer): boolean {
  if (!endsBetweenEvents(chunk) || chunk[0] === BYTE_ORDER_MARK || mayBeId(chunk, 0)) return false;
  return !mayHaveIdBehind(LF, chunk) && !mayHaveIdBehind(CR, chunk) && !chunk.includes(METHOD);
}

function endsBetweenEvents(chunk: Buffer): boolean {
  return chunk.length > 1 && chunk.at(-1) === LF && chunk.at(-2) === LF;
}

/**
 * A line may be an id: of a stream that can be taken up again. Only the beginnings of lines are looked at: JSON on one line has no line
 * ends, and one byte is found faster than several.
 */
function mayHaveIdBehind(lineEnd: number, chunk: Buffer): boolean {
  let lines = 0;
  for (let at = chunk.indexOf(lineEnd); at !== -1; at = chunk.indexOf(lineEnd, at + 1)) {
    lines += 1;
    if (lines > MAX_LINES || mayBeId(chunk, at + 1)) return true;
  }
  return false;
}

function mayBeId(chunk: Buffer, at: number): boolean {
  return chunk[at] === I && chunk[at + 1] === D;
}
