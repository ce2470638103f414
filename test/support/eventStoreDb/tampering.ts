import { decodeRecord, type ProposedEvent, type StoredEvent } from './eventRecord.ts';
import type { History } from './history.ts';

/** A JSON event as one may edit it. */
export interface EditableEvent {
  id: string;
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown> | undefined;
}

/** What someone can do to stored events who has the disk. Clients are not told. */
export class Tampering {
  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  /** Changes a JSON event where it stands. */
  edit(stream: string, revision: number, mutate: (event: EditableEvent) => void): void {
    const { id, type, isJson, data, metadata } = this.#event(stream, revision);
    if (!isJson) throw new Error(`event ${revision} in ${stream} holds no JSON`);
    const event: EditableEvent = { id, type, data: fromJson(data)!, metadata: fromJson(metadata) };
    mutate(event);
    const edited = { ...event, isJson, data: toJson(event.data), metadata: toJson(event.metadata) };
    this.#overwrite(stream, revision, edited);
  }

  /**
   * Takes an event out. Where later events follow, the stream has a gap then, and a real server refuses to read a page
   * with a gap; `renumber` has the later events move down by one.
   */
  remove(stream: string, revision: number, { renumber = false } = {}): void {
    const events = this.#history.eventsOf(stream);
    let last = revision;
    if (renumber) for (; last < events.length - 1; last++) this.#copy(stream, last + 1, last);
    this.#history.log.remove(this.#number(stream, last));
    events[last] = undefined;
    while (events.length > 0 && events.at(-1) === undefined) events.pop();
  }

  /** Exchanges what two events hold; revisions and positions stay in order. */
  swap(stream: string, revision: number, other: number): void {
    const [first, second] = [this.#event(stream, revision), this.#event(stream, other)];
    this.#overwrite(stream, revision, second);
    this.#overwrite(stream, other, first);
  }

  /** Takes out an event and all that follow it in its stream. */
  truncate(stream: string, fromRevision: number): void {
    for (let last = this.#history.lastRevision(stream); last >= fromRevision; last--) this.remove(stream, last);
  }

  /** Puts an event in; those from this revision on move up by one. */
  insert(stream: string, revision: number, event: ProposedEvent): void {
    const last = this.#history.lastRevision(stream);
    this.#history.append(stream, last, [event]);
    for (let moved = last; moved >= revision; moved--) this.#copy(stream, moved, moved + 1);
    this.#overwrite(stream, revision, event);
  }

  #copy(stream: string, from: number, to: number): void {
    this.#overwrite(stream, to, this.#event(stream, from));
  }

  #overwrite(stream: string, revision: number, event: ProposedEvent): void {
    this.#history.log.overwrite(this.#number(stream, revision), BigInt(revision), event);
  }

  #event(stream: string, revision: number): StoredEvent {
    return decodeRecord(this.#history.log.record(this.#number(stream, revision)));
  }

  #number(stream: string, revision: number): number {
    const number = this.#history.numberOf(stream, revision);
    if (number === undefined) throw new Error(`no event ${revision} in ${stream}`);
    return number;
  }
}

function fromJson(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (bytes.length === 0) return undefined;
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}

function toJson(value: Record<string, unknown> | undefined): Buffer {
  return Buffer.from(value === undefined ? '' : JSON.stringify(value));
}
