import { Records } from './records.ts';

/** A stream's last event so far. */
export interface StreamEnd {
  readonly revision: number;
  /** base64url of 32 bytes. */
  readonly hash: string;
  readonly position: bigint;
}

// Hash, position, revision, whether its head was seen.
const POSITION = 32;
const REVISION = 40;
const SEEN = 44;
const SIZE = 45;

/** The end of every stream, in some 120 bytes each: a history has as many streams as it ever had keys. */
export class StreamTable {
  /** Rows of the streams of keys, by the bytes of the key's id: less than half of what its name takes. */
  readonly #keys = new Map<string, number>();
  readonly #others = new Map<string, number>();
  readonly #ends = new Records(SIZE);

  get size(): number {
    return this.#ends.length;
  }

  /** Finds a stream. @returns its row */
  find(stream: string): number | undefined {
    const id = idBytes(stream);
    return id === undefined ? this.#others.get(stream) : this.#keys.get(id);
  }

  /** Gives a stream a row; `set` comes next. */
  add(stream: string): number {
    const row = this.#ends.add();
    const id = idBytes(stream);
    if (id === undefined) this.#others.set(stream, row);
    else this.#keys.set(id, row);
    return row;
  }

  end(row: number): StreamEnd {
    const bytes = this.#ends.at(row);
    return {
      hash: bytes.toString('base64url', 0, POSITION),
      position: bytes.readBigInt64LE(POSITION),
      revision: bytes.readInt32LE(REVISION),
    };
  }

  set(row: number, { hash, position, revision }: StreamEnd): void {
    const bytes = this.#ends.at(row);
    // Of an event that MetaMCP did not write, and that an operator had skipped, any text stands in its place.
    bytes.fill(0, bytes.write(hash, 0, POSITION, 'base64url'), POSITION);
    bytes.writeBigInt64LE(position, POSITION);
    bytes.writeInt32LE(revision, REVISION);
  }

  /** Marks a row; `unseen` gives the others. */
  see(row: number): void {
    this.#ends.at(row)[SEEN] = 1;
  }

  *unseen(): Generator<readonly [stream: string, row: number]> {
    for (const entry of this.entries()) if (this.#ends.at(entry[1])[SEEN] === 0) yield entry;
  }

  *entries(): Generator<readonly [stream: string, row: number]> {
    for (const [id, row] of this.#keys) yield [keyStream(id), row];
    yield* this.#others;
  }
}

const KEY_STREAM = /^apiKey-([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;

/** Packs the id of a key's stream into a string of 16 characters; undefined for another stream. */
function idBytes(stream: string): string | undefined {
  const uuid = KEY_STREAM.exec(stream);
  return uuid === null ? undefined : Buffer.from(uuid.slice(1).join(''), 'hex').toString('latin1');
}

function keyStream(id: string): string {
  const hex = Buffer.from(id, 'latin1').toString('hex');
  return `apiKey-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
