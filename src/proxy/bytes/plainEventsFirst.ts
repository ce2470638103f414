import type { AppError } from '../../errors/appError.ts';
import type { AnswerSink } from './answerSink.ts';

const METHOD = Buffer.from('"method"');
/** A line that may be an id: of a stream that can be taken up again. JSON on one line has no line ends. */
const ID_LINES = [Buffer.from('\nid'), Buffer.from('\rid')];
const ID = Buffer.from('id');
const BYTE_ORDER_MARK = 0xef;
const LINE_END = 0x0a;

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
  if (!endsBetweenEvents(chunk) || chunk.includes(METHOD) || chunk[0] === BYTE_ORDER_MARK) return false;
  return !chunk.subarray(0, ID.length).equals(ID) && !ID_LINES.some((line) => chunk.includes(line));
}

function endsBetweenEvents(chunk: Buffer): boolean {
  return chunk.length > 1 && chunk.at(-1) === LINE_END && chunk.at(-2) === LINE_END;
}
