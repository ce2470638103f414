import type { Steps } from '../slices.ts';
import { JsonString } from './jsonString.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

/** A member of a JSON object, as places in the object's bytes. */
export interface FoundMember {
  readonly name: string;
  /** Of the name's opening quote. */
  readonly from: number;
  /** Behind the colon. */
  readonly valueFrom: number;
  /** Of the comma or the brace behind its value. */
  readonly to: number;
  /** Of the comma before it; undefined: it is the first one. */
  readonly comma: number | undefined;
  readonly isLast: boolean;
}

/** What becomes of a member. */
export interface MemberChange {
  readonly member: FoundMember;
  /** Undefined: it is taken out. */
  readonly value?: Buffer | undefined;
}

/**
 * Finds members of a JSON object by their names, in order, without building a value: one that comes twice is found twice. It is no
 * validator.
 * @param json in UTF-8, an object
 */
export function* findMembers(json: Buffer, names: ReadonlySet<string>): Steps<readonly FoundMember[]> {
  const scan = new MemberScan(json, names);
  for (let to = STEP_BYTES; ; to += STEP_BYTES) {
    scan.read(Math.min(to, json.length));
    if (to >= json.length) return scan.found;
    yield;
  }
}

/** Writes a JSON object anew. @param changes in the order of their members */
export function withChanges(json: Buffer, changes: readonly MemberChange[]): Buffer {
  const pieces: Buffer[] = [];
  let kept = 0;
  /** Behind the last of those at the beginning that are taken out. */
  let head: number | undefined;
  const replace = (from: number, to: number, piece?: Buffer): void => {
    pieces.push(json.subarray(kept, from), ...(piece === undefined ? [] : [piece]));
    kept = to;
  };
  for (const { member, value } of changes) {
    const { from, valueFrom, to, comma, isLast } = member;
    if (value !== undefined) replace(valueFrom, to, value);
    else if (comma === undefined || comma === head) {
      head = to;
      replace(from, isLast ? to : to + 1);
    } else replace(comma, to);
  }
  return pieces.length === 0 ? json : Buffer.concat([...pieces, json.subarray(kept)]);
}

class MemberScan {
  readonly found: FoundMember[] = [];
  readonly #json: Buffer;
  readonly #names: ReadonlySet<string>;
  readonly #maxNameBytes: number;
  readonly #string = new JsonString();
  #isInString = false;
  #at = 0;
  #depth = 0;
  #comma: number | undefined;
  #expectsName = false;
  #from = 0;
  /** Of the member that is read, where it matters. */
  #name: string | undefined;
  #valueFrom = 0;

  constructor(json: Buffer, names: ReadonlySet<string>) {
    this.#json = json;
    this.#names = names;
    // Each character may be an escape of six bytes; with quotes.
    this.#maxNameBytes = 6 * Math.max(...[...names].map(({ length }) => length)) + 2;
  }

  /** Reads on up to a place. */
  read(to: number): void {
    const piece = this.#json.subarray(0, to);
    while (this.#at < to) {
      if (this.#isInString) {
        const end = this.#string.findEnd(piece, this.#at);
        this.#isInString = end === -1;
        this.#at = end === -1 ? to : end;
        if (end !== -1 && this.#depth === 1 && this.#expectsName) this.#readName(end);
        continue;
      }
      const at = this.#at++;
      const byte = piece[at];
      if (byte === QUOTE) {
        this.#isInString = true;
        if (this.#depth === 1 && this.#expectsName) this.#from = at;
      } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
        if (++this.#depth === 1) this.#expectsName = true;
      } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
        if (this.#depth-- === 1) this.#endMember(at, true);
      } else if (this.#depth === 1 && byte === COLON) {
        this.#expectsName = false;
        this.#valueFrom = at + 1;
      } else if (this.#depth === 1 && byte === COMMA) {
        this.#endMember(at, false);
        this.#comma = at;
        this.#expectsName = true;
      }
    }
  }

  #readName(end: number): void {
    this.#name = undefined;
    if (end - this.#from > this.#maxNameBytes) return;
    const token = this.#json.toString('utf8', this.#from, end);
    const name = token.includes('\\') ? unescaped(token) : token.slice(1, -1);
    if (name !== undefined && this.#names.has(name)) this.#name = name;
  }

  #endMember(to: number, isLast: boolean): void {
    const name = this.#name;
    this.#name = undefined;
    if (name === undefined || this.#expectsName) return;
    this.found.push({ name, from: this.#from, valueFrom: this.#valueFrom, to, comma: this.#comma, isLast });
  }
}

function unescaped(token: string): string | undefined {
  try {
    return String(JSON.parse(token));
  } catch {
    return undefined;
  }
}
