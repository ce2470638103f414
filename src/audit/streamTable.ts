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

const KEY_STREAM = /^apiKey-([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;
/** Marks a packed name; no stream of ours begins with it. */
const PACKED = '\u0001';

/** The end of every stream, in some 120 bytes each: a history has as many streams as it ever had keys. */
export class StreamTable {
  /** In the order of the streams' first events. */
  readonly #rows = new Map<string, number>();
  readonly #ends = new Records(SIZE);

  get size(): number {
    return this.#ends.length;
  }

  /** Finds a stream. @returns its row */
  find(stream: string): number | undefined {
    return this.#rows.get(pack(stream));
  }

  /** Gives a stream a row; `set` comes next. */
  add(stream: string): number {
    const row = this.#ends.add();
    this.#rows.set(pack(stream), row);
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
    bytes.write(hash, 0, POSITION, 'base64url');
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
    for (const [packed, row] of this.#rows) yield [unpack(packed), row];
  }
}

const scratch = Buffer.alloc(17);

/** Most streams are keys', and the 16 bytes of a UUID take less than half of its 36 characters. */
function pack(stream: string): string {
  if (stream.length !== 43) return stream;
  const uuid = KEY_STREAM.exec(stream);
  if (uuid === null) return stream;
  scratch[0] = PACKED.charCodeAt(0);
  scratch.write(uuid.slice(1).join(''), 1, 'hex');
  return scratch.toString('latin1');
}

function unpack(packed: string): string {
  if (packed.length !== 17 || !packed.startsWith(PACKED)) return packed;
  const hex = Buffer.from(packed, 'latin1').toString('hex', 1);
  return `apiKey-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
