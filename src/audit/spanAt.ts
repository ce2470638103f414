import type { RecordedEvent } from '../events/eventStore.ts';
import { decodeOrReason, type KnownEvent } from '../events/knownEvent.ts';
import { isRepair, timeOf, type Usability } from './usability.ts';

/** A moment at which something began or ended to be allowed. */
export interface Turn {
  /** Ms since the epoch. */
  readonly atMs: number;
  /** The event that did it; undefined: time did, when a key expired or had been rotated out. */
  readonly event: KnownEvent | UnreadablePlace | undefined;
}

/** An event that can't be read: it made its key, role or server unusable. */
export interface UnreadablePlace {
  readonly unreadable: true;
  readonly stream: string;
  readonly revision: number;
}

/** A span of time in which something was allowed without a break. */
export interface Span {
  readonly since: Turn;
  /** Undefined while it lasts. */
  readonly until: Turn | undefined;
}

/** A turn, and the event of it, if it can be read. */
export interface ReadTurn extends Turn {
  readonly read: KnownEvent | undefined;
}

/** Reads what an event does at which time, and follows its effect on usability; undefined for an unknown type. */
export function turnOf(recorded: RecordedEvent, usability: Usability, lastMs: number): ReadTurn | undefined {
  const event = decodeOrReason(recorded);
  if (event === undefined) return undefined;
  if (typeof event !== 'string') {
    if (isRepair(event)) usability.follow(event);
    return { atMs: Date.parse(event.metadata.at), event, read: event };
  }
  usability.meet(recorded);
  const { stream, revision } = recorded;
  return { atMs: timeOf(recorded) ?? lastMs, event: { unreadable: true, stream, revision }, read: undefined };
}

/** Finds the span around one moment, as turns come in order. */
export class SpanAt {
  readonly #atMs: number;
  #since: Turn | undefined;
  #until: Turn | undefined;
  /** When time alone ends what is allowed now. */
  #endsAtMs = Infinity;
  /** A turn after the moment has come: the span can only end any more. */
  #isPast = false;
  /** When the last turn was. */
  lastMs = -Infinity;

  constructor(atMs: number) {
    this.#atMs = atMs;
  }

  /** Gives one with the same turns behind it, which goes on by itself. */
  branch(): SpanAt {
    const other = new SpanAt(this.#atMs);
    other.#since = this.#since;
    other.#until = this.#until;
    other.#endsAtMs = this.#endsAtMs;
    other.#isPast = this.#isPast;
    other.lastMs = this.lastMs;
    return other;
  }

  /** The moment has passed, and nothing was allowed at it. */
  get isOut(): boolean {
    return this.#isPast && this.#since === undefined;
  }

  /** Takes what holds from an event on. @returns whether the event lies before or at the moment */
  turn({ atMs, event }: Turn, isAllowed: boolean, endsAtMs: number): boolean {
    this.lastMs = atMs;
    this.#passTime(atMs);
    // A rotation without grace ends the key it rotates at once.
    const goesOn = isAllowed && endsAtMs > atMs;
    if (this.#isPast || atMs > this.#atMs) {
      this.#pass();
      if (this.#since === undefined || this.#until !== undefined) return false;
      if (!goesOn) this.#until = { atMs, event };
      else this.#endsAtMs = endsAtMs;
      return false;
    }
    if (!goesOn) this.#since = undefined;
    else this.#since ??= { atMs, event };
    this.#endsAtMs = endsAtMs;
    return true;
  }

  end(nowMs: number): Span | undefined {
    this.#passTime(nowMs);
    this.#pass();
    return this.#since === undefined ? undefined : { since: this.#since, until: this.#until };
  }

  /** Notes that time has ended the span, before anything else happened. */
  #passTime(toMs: number): void {
    if (this.#since === undefined || this.#until !== undefined || this.#endsAtMs > toMs) return;
    if (this.#endsAtMs <= this.#atMs) this.#since = undefined;
    else this.#until = { atMs: this.#endsAtMs, event: undefined };
  }

  #pass(): void {
    if (!this.#isPast && this.#endsAtMs <= this.#atMs) this.#since = undefined;
    this.#isPast = true;
  }
}

/** The span that two have in common. */
export function both(a: Span, b: Span): Span {
  const since = a.since.atMs >= b.since.atMs ? a.since : b.since;
  const until = (a.until?.atMs ?? Infinity) <= (b.until?.atMs ?? Infinity) ? a.until : b.until;
  return { since, until };
}
