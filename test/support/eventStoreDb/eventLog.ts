import { Arena } from './arena.ts';
import { doubles, flags, integers } from './column.ts';
import { idBytes } from './eventId.ts';
import { encodeRecord, type ProposedEvent } from './eventRecord.ts';
import { Names } from './names.ts';

// A real log begins with records no reader ever sees, so no event lies at position 0.
const FIRST_POSITION = 236;
// A record's fixed parts: length before and after, header, flags, transaction, two UUIDs, time, lengths.
const RECORD_OVERHEAD_BYTES = 88;

/** All events in the order in which they were committed. Events are known by their number in it, from 0. */
export class EventLog {
  readonly streamNames = new Names();
  readonly typeNames = new Names();
  readonly #records = new Arena();
  readonly #positions = doubles();
  readonly #streams = integers();
  readonly #types = integers();
  readonly #created = doubles();
  readonly #removed = flags();
  #ids = Buffer.alloc(16 * 1024);
  /** Where the next record will be written. */
  end = FIRST_POSITION;

  get count(): number {
    return this.#positions.length;
  }

  /** The position of the last event, or -1. */
  get lastPosition(): number {
    return this.count === 0 ? -1 : this.#positions.at(this.count - 1);
  }

  /** Writes one event and answers its number. */
  append(stream: string, revision: bigint, event: ProposedEvent, createdMs: number): number {
    const number = this.count;
    const position = this.end;
    const created = BigInt(Math.round(createdMs * 10)) * 1_000n;
    this.#records.push(encodeRecord({ ...event, stream, revision, position: BigInt(position), created }));
    this.#positions.push(position);
    this.#streams.push(this.streamNames.number(stream));
    this.#types.push(this.typeNames.number(event.type));
    this.#created.push(createdMs);
    this.#removed.push(0);
    if (this.#ids.length < this.count * 16) this.#ids = Buffer.concat([this.#ids, Buffer.alloc(this.#ids.length)]);
    this.#ids.set(idBytes(event.id), number * 16);
    this.end += RECORD_OVERHEAD_BYTES + Buffer.byteLength(stream) + Buffer.byteLength(event.type);
    this.end += event.data.length + event.metadata.length;
    return number;
  }

  record(number: number): Buffer {
    return this.#records.at(number);
  }

  positionOf(number: number): number {
    return this.#positions.at(number);
  }

  /** Where the next record begins. */
  endOf(number: number): number {
    return number + 1 < this.count ? this.#positions.at(number + 1) : this.end;
  }

  streamOf(number: number): number {
    return this.#streams.at(number);
  }

  typeOf(number: number): number {
    return this.#types.at(number);
  }

  createdMsOf(number: number): number {
    return this.#created.at(number);
  }

  idOf(number: number): Buffer {
    return this.#ids.subarray(number * 16, number * 16 + 16);
  }

  isRemoved(number: number): boolean {
    return this.#removed.at(number) === 1;
  }

  /** The first event at or after a position. */
  numberAt(position: number): number {
    return this.#positions.lowerBound(position);
  }

  /** Overwrites an event where it stands, as only someone with access to the disk can. */
  overwrite(number: number, revision: bigint, event: ProposedEvent): void {
    const stream = this.streamNames.name(this.streamOf(number));
    const created = BigInt(Math.round(this.createdMsOf(number) * 10)) * 1_000n;
    const position = BigInt(this.positionOf(number));
    this.#records.replace(number, encodeRecord({ ...event, stream, revision, position, created }));
    this.#types.set(number, this.typeNames.number(event.type));
    this.#ids.set(idBytes(event.id), number * 16);
  }

  remove(number: number): void {
    this.#removed.set(number, 1);
  }
}
