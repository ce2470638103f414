import type { AppError } from '../../errors/appError.ts';
import { tooLarge, truncated } from '../../mcp/failures.ts';
import { excessOf, describeExcess } from '../../mcp/jsonCost.ts';
import { EventSplitter, MAX_EVENT_LINES, pushData, type EventExcess } from '../../mcp/eventSplitter.ts';
import { JsonOutline } from '../../mcp/jsonOutline.ts';
import { atOnce, inSlices, STEP_CHARACTERS, type Steps } from '../../slices.ts';
import type { AnswerWriter } from '../answerWriter.ts';
import type { AnswerRoom } from './answerRoom.ts';
import type { AnswerSink, PieceOutcome } from './answerSink.ts';

/** An answer that gets whole events. */
export interface EventSink extends AnswerWriter {
  /** Takes an event, step by step: it may be large. */
  event(event: Buffer): Steps<PieceOutcome>;
  /** Takes the event at the end of a stream that broke off before its blank line; its data is whole. */
  lastEvent(event: Buffer): void;
}

/** Hands an event stream on event by event to an answer that parses them, and refuses an event that would cost too much. */
export class BoundedEvents implements AnswerSink {
  readonly isStream = true;
  readonly #out: EventSink;
  readonly #server: string;
  readonly #maxBytes: number;
  /** The room of the event that is not whole yet. */
  readonly #room: AnswerRoom;
  readonly #splitter: EventSplitter;

  constructor(out: EventSink, options: { server: string; maxBytes: number; room: AnswerRoom }) {
    this.#out = out;
    this.#server = options.server;
    this.#maxBytes = options.maxBytes;
    this.#room = options.room;
    this.#splitter = new EventSplitter(options.maxBytes);
  }

  get hasError(): boolean {
    return this.#out.hasError === true;
  }

  data(chunk: Buffer): PieceOutcome | Promise<PieceOutcome> {
    const full = this.#room.grow(chunk.length);
    if (full !== undefined) return full;
    const events: Buffer[] = [];
    const excess = this.#splitter.push(chunk, (event) => {
      // The chunk's memory is used again.
      events.push(event.length > chunk.length ? event : Buffer.from(event));
    });
    return inSlices(this.#take(events, excess));
  }

  *#take(events: readonly Buffer[], excess: EventExcess | undefined): Steps<PieceOutcome> {
    let taken: PieceOutcome = 'held';
    for (const event of events) {
      const outcome: PieceOutcome = (yield* this.#tooCostly(event)) ?? (yield* this.#out.event(event));
      // One that asks to wait is not forgotten when the next one does not.
      if (outcome !== 'held' && (outcome !== 'passed' || taken !== 'full')) taken = outcome;
      if (taken === 'over' || taken instanceof Error) break;
    }
    if (taken === 'over') return taken;
    if (excess === 'bytes') return this.#tooLarge(`an event of more than ${String(this.#maxBytes)} bytes`);
    if (excess === 'lines') return this.#tooLarge(`an event of more than ${String(MAX_EVENT_LINES)} lines`);
    this.#room.release();
    this.#room.grow(this.#splitter.pendingBytes);
    return taken;
  }

  end(): AppError | undefined {
    if (this.#splitter.pendingBytes === 0) return this.#out.end();
    if (this.finish()) return undefined;
    return truncated({ server: this.#server }, 'half an event');
  }

  finish(): boolean | AppError {
    const event = this.#splitter.takeRest();
    if (event !== undefined && atOnce(this.#tooCostly(event)) === undefined) this.#out.lastEvent(event);
    return this.#out.finish?.() ?? false;
  }

  fail(error: AppError): void {
    this.#out.fail(error);
  }

  keepAlive(): void {
    this.#out.keepAlive();
  }

  *#tooCostly(event: Buffer): Steps<AppError | undefined> {
    const outline = new JsonOutline();
    const pieces: Buffer[] = [];
    pushData(event, { push: (line) => pieces.push(line) });
    for (const line of pieces) {
      for (let at = 0; at < line.length; at += STEP_CHARACTERS) {
        outline.push(line.subarray(at, at + STEP_CHARACTERS));
        yield;
      }
    }
    const excess = excessOf(outline);
    return excess === undefined ? undefined : this.#tooLarge(`an event that ${describeExcess(excess)}`);
  }

  #tooLarge(what: string): AppError {
    return tooLarge({ server: this.#server }, what);
  }
}
