import { truncated } from '../mcp/failures.ts';
import { byteLengthOf, type MessageText } from './messageText.ts';

/** Events kept of one answer, in bytes: what is more can't be taken up again from its beginning. */
const MAX_BYTES = 1024 * 1024;

/** A response is one event, and alone it may be longer, as long as all answers of the session take no more than this, in bytes. */
const MAX_SESSION_BYTES = 16 * 1024 * 1024;

/** Answers of one session that wait for their client to come back. */
const MAX_WAITING = 16;

/** How long an answer waits for its client to come back, in milliseconds. */
const WAIT_MS = 60_000;

/** An event of an answer. */
export interface LoggedEvent {
  readonly id: string;
  readonly text: MessageText;
}

/**
 * The events of one answer, so that a client whose connection broke can take it up again (MCP 2025-11-25, basic/transports,
 * Resumability and Redelivery). Its ids name the answer within its session.
 */
export class AnswerLog {
  /** Its stream begins with an event that holds nothing but an id. */
  readonly isPrimed: boolean;
  readonly #name: string;
  readonly #logs: AnswerLogs;
  readonly #events: { readonly number: number; readonly text: MessageText; readonly bytes: number }[] = [];
  #bytes = 0;
  #last = 0;
  #isOver = false;
  /** Settled by the next change; undefined: nobody waits for it. */
  #changed: PromiseWithResolvers<undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Aborted when the connection that has taken the answer up is over. */
  #follower: AbortSignal | undefined;
  /** Ends the connection that gets the events, since another one does. */
  onTakenOver: (() => void) | undefined;
  /** Nobody has come back. */
  onAbandoned: (() => void) | undefined;

  constructor(logs: AnswerLogs, name: string, isPrimed: boolean) {
    this.#logs = logs;
    this.#name = name;
    this.isPrimed = isPrimed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The client has an id to come back with, once its stream has begun. */
  get canBeNamed(): boolean {
    return this.isPrimed || this.#last > 0;
  }

  /** The id of the event that begins the stream and holds nothing. */
  get firstId(): string {
    return this.#idOf(0);
  }

  /** Adds an event. @returns its id */
  add(text: MessageText): string {
    this.#last += 1;
    const bytes = byteLengthOf(text);
    this.#events.push({ number: this.#last, text, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES && !this.#mayKeepLast()) this.#bytes -= this.#events.shift()?.bytes ?? 0;
    this.#wake();
    return this.#idOf(this.#last);
  }

  /** No event follows. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The client has everything. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#logs.forget(this.#name);
  }

  /**
   * The client's connection broke: it may come back for a while. One that another connection has taken over changes nothing.
   * @param follower the signal of a connection that followed
   * @returns false when too many others may
   */
  wait(follower?: AbortSignal): boolean {
    if (this.#follower !== undefined && this.#follower !== follower) return true;
    this.#follower = undefined;
    if (!this.#logs.mayWait(this.#name)) {
      this.onAbandoned?.();
      return false;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.drop();
      this.onAbandoned?.();
    }, WAIT_MS);
    this.#timer.unref();
    return true;
  }

  /**
   * Gives the events behind one, and those that come, to the end of the answer; undefined: they are not all there any more.
   * @param onTakenOver called when another connection follows in its place
   */
  follow(
    after: number,
    signal: AbortSignal,
    onTakenOver: () => void,
  ): AsyncGenerator<LoggedEvent, void, void> | undefined {
    const first = this.#events[0]?.number ?? this.#last + 1;
    if (after > this.#last || after < first - 1) return undefined;
    this.onTakenOver?.();
    this.onTakenOver = onTakenOver;
    this.#follower = signal;
    clearTimeout(this.#timer);
    return this.#follow(after, signal);
  }

  /** @throws Unavailable when events made room for others before they could be given: nobody is to miss them without knowing */
  async *#follow(after: number, signal: AbortSignal): AsyncGenerator<LoggedEvent, void, void> {
    let last = after;
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        if (last < this.#last) {
          // Their numbers have no gaps.
          const next = this.#events[last + 1 - (this.#events[0]?.number ?? Infinity)];
          if (next === undefined) throw truncated({ server: 'mcp' }, 'more than is kept for a client that is slow');
          last = next.number;
          yield { id: this.#idOf(next.number), text: next.text };
        } else if (this.#isOver) return;
        else {
          this.#changed ??= Promise.withResolvers();
          await this.#changed.promise;
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Of the events kept, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  #mayKeepLast(): boolean {
    return this.#events.length === 1 && this.#logs.bytes <= MAX_SESSION_BYTES;
  }

  #idOf(number: number): string {
    return `${this.#name}-${number}`;
  }

  #wake(): void {
    this.#changed?.resolve(undefined);
    this.#changed = undefined;
  }
}

/** The answers of one session that can be taken up again. */
export class AnswerLogs {
  readonly #logs = new Map<string, AnswerLog>();
  readonly #waiting = new Set<string>();
  readonly #prefix: string;
  #opened = 0;

  /** @param prefix of all event ids: where a session may be made anew, no id is to be that of another answer then */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** None of them is under way, and no client may come back for one. */
  get isEmpty(): boolean {
    return this.#logs.size === 0;
  }

  /** Of all events kept, in bytes. */
  get bytes(): number {
    let bytes = 0;
    for (const log of this.#logs.values()) bytes += log.bytes;
    return bytes;
  }

  open(isPrimed: boolean): AnswerLog {
    const name = `${this.#prefix}${++this.#opened}`;
    const log = new AnswerLog(this, name, isPrimed);
    this.#logs.set(name, log);
    return log;
  }

  /** Finds the answer of an event. */
  find(eventId: string): { readonly log: AnswerLog; readonly number: number } | undefined {
    const [, name, number] = /^([a-z\d.]{1,40})-(\d{1,15})$/.exec(eventId) ?? [];
    const log = name === undefined ? undefined : this.#logs.get(name);
    return log && { log, number: Number(number) };
  }

  mayWait(name: string): boolean {
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(name)) return false;
    this.#waiting.add(name);
    return true;
  }

  forget(name: string): void {
    this.#waiting.delete(name);
    this.#logs.delete(name);
  }
}
