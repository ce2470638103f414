import { createParser } from 'eventsource-parser';
import { isTimedOut, tooLarge } from '../../mcp/failures.ts';
import { divideEvent, EventSplitter, MAX_EVENT_LINES, type EventExcess } from '../../mcp/eventSplitter.ts';
import { LARGE_BYTES } from '../largeAnswer.ts';
import type { Pace } from '../pace.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import { HELD_PER_BYTE, MAX_MESSAGE_BYTES } from './answerBody.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { HttpTarget } from './target.ts';

/** Where a stream of server-sent events stands. */
export interface StreamCursor {
  lastEventId: string | undefined;
  /** The wait that the server asks for before a reconnection, in milliseconds. */
  retryMs: number | undefined;
}

/** A server-sent event, its type and its data. */
export interface ReadEvent {
  readonly event: string;
  readonly data: Buffer;
}

export interface EventReaderOptions {
  /** Kept up to date while reading. */
  readonly cursor: StreamCursor;
  /** Holds the events of the last piece read, and the one that is not whole yet. */
  readonly room?: Room | undefined;
  /** Slows down a server that floods with what is no event; whoever takes the events counts those. */
  readonly pace: Pace;
}

const EXCESS: Readonly<Record<EventExcess, string>> = {
  bytes: 'an event of more than 16 MiB',
  lines: `an event of more than ${MAX_EVENT_LINES.toLocaleString('en')} lines`,
};

/**
 * Reads server-sent events as they come, without the empty ones that only carry an id (WHATWG HTML, 9.2.6). A stream may stand for long, and a
 * thousand of them: it keeps no more than what has come and was not taken, and is no generator, whose frame would keep the last piece.
 */
export class EventReader {
  readonly #target: HttpTarget;
  readonly #response: HttpResponse;
  readonly #bounds: RequestBounds;
  readonly #options: EventReaderOptions;
  readonly #splitter = new EventSplitter(MAX_MESSAGE_BYTES);
  #events: ReadEvent[] | undefined;
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #isFirst = true;
  /** A piece was taken, and its room is not given back. */
  #isUnsettled = false;

  constructor(target: HttpTarget, response: HttpResponse, bounds: RequestBounds, options: EventReaderOptions) {
    this.#target = target;
    this.#response = response;
    this.#bounds = bounds;
    this.#options = options;
  }

  /**
   * Waits until there is an event to take; false: there are no more.
   * @throws Unavailable when an event is too large; the error of the response; what the room throws when there is none
   */
  async ready(): Promise<boolean> {
    while (this.#events === undefined) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#hasEnded) return false;
      if (this.#isUnsettled) {
        this.#settle();
        const turn = this.#options.pace.turn();
        if (turn !== undefined) await turn;
      }
      const filled = this.#response.filled();
      if (filled !== undefined) await filled;
      this.#takeIn();
    }
    return true;
  }

  /** Takes the next event, which there is after `ready`. */
  take(): ReadEvent {
    const event = this.#events?.shift();
    if (event === undefined) throw new Error('there is no event');
    if (this.#events?.length === 0) this.#events = undefined;
    return event;
  }

  #takeIn(): void {
    const { room, pace } = this.#options;
    try {
      const chunk = this.#response.take();
      if (chunk === undefined) {
        this.#hasEnded = true;
        this.#takeRest();
        return;
      }
      this.#bounds.received(chunk.byteLength);
      this.#bounds.signal.throwIfAborted();
      pace.count(chunk);
      room?.grow(HELD_PER_BYTE * chunk.length);
      this.#isUnsettled = true;
      const excess = this.#splitter.push(chunk, (event) => this.#parse(event));
      if (excess !== undefined) this.#failure = { error: tooLarge(this.#target, EXCESS[excess]) };
    } catch (error) {
      // The answer may be there but for its end, which never came.
      const { signal } = this.#bounds;
      const isCut = signal.aborted ? isTimedOut(signal.reason) : this.#response.errored === error;
      if (isCut) this.#takeRest();
      this.#failure = { error };
    }
  }

  #settle(): void {
    const { room } = this.#options;
    this.#isUnsettled = false;
    room?.release();
    room?.grow(HELD_PER_BYTE * this.#splitter.pendingBytes);
  }

  #takeRest(): void {
    const event = this.#splitter.takeRest();
    if (event !== undefined) this.#parse(Buffer.concat([event, END]));
  }

  /** @param event whole */
  #parse(event: Buffer): void {
    const { cursor, pace } = this.#options;
    let isEmpty = true;
    // The data of an event that is large is not turned into a text.
    const large = event.length < LARGE_BYTES ? undefined : divideEvent(event);
    const parser = createParser({
      onId: (id) => (cursor.lastEventId = id === '' ? undefined : id),
      onRetry: (ms) => (cursor.retryMs = ms),
      onEvent: ({ event: type = 'message', data }) => {
        if (data === '') return;
        isEmpty = false;
        (this.#events ??= []).push({ event: type, data: large?.data ?? Buffer.from(data) });
      },
    });
    // A byte order mark is none but at the beginning of the stream.
    if (!this.#isFirst) parser.feed('\n');
    this.#isFirst = false;
    if (large === undefined) parser.feed(event.toString('utf8'));
    else parser.feed(large.data.length === 0 ? `${large.others}\n` : `${large.others}data: large\n\n`);
    if (isEmpty) pace.spend();
  }
}

/** What an event that broke off lacks. */
const END = Buffer.from('\n\n');
