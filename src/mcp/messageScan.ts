import type { JsonRpcId } from './jsonRpc.ts';
import { JsonString } from './jsonString.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;

/** The longest name looked for has six characters, each of which may be an escape of six bytes; with quotes. */
const MAX_NAME_BYTES = 38;

/** Requests are let through with ids of up to 1,024 characters, so a longer one answers no request. */
const MAX_ID_BYTES = 6 * 1_024 + 2;

/** More than any batch asks for. */
const MAX_RESPONSES = 2_000;

/** Deeper than any text is. */
const NOWHERE = -1;

/** A JSON-RPC response, as far as it shows which request it answers. */
export interface FoundResponse {
  /** Null for an error that names no request; undefined for an id that no request can have. */
  readonly id: JsonRpcId | undefined;
  readonly isError: boolean;
}

const NONE: readonly FoundResponse[] = [];

/**
 * Follows the bytes of one JSON-RPC message, or of an array of them, and finds the responses in it without building any value.
 * Of a member that comes twice the last one counts, and escapes in names are read, as JSON.parse does. It is no validator: a
 * response that some clients can read and others can't (its result holds NaN) is one.
 */
export class MessageScan {
  #depth = 0;
  #isArray = false;
  #closed = false;
  #broken = false;
  #inString = false;
  #string = new JsonString();
  /** Where the members of the message stand that the bytes are in. */
  #memberDepth = NOWHERE;
  #expectsName = false;
  /** The name of the member whose value is read; empty: none of those that matter. */
  #member = '';
  /** What earlier pieces held of a string that matters; undefined: the string does not matter. */
  #kept: string | undefined;
  #id: JsonRpcId | undefined;
  #hasId = false;
  /** A value that is no string, as far as it matters. */
  #scalar = '';
  #hasMethod = false;
  #hasResult = false;
  #isResultNull = false;
  #hasError = false;
  #responses: FoundResponse[] | undefined;
  #tooMany = false;
  /** Bytes before the piece that is read. */
  #offset = 0;
  #result: { from: number; to: number } | undefined;

  /** The text is there to its end. */
  get complete(): boolean {
    return this.#closed && !this.#broken;
  }

  /** It is no JSON object or array, whatever may follow. */
  get broken(): boolean {
    return this.#broken;
  }

  get responses(): readonly FoundResponse[] {
    return this.#responses ?? NONE;
  }

  /** Where the value of the last `result` stands, in bytes, with the white space around it. */
  get resultRange(): Readonly<{ from: number; to: number }> | undefined {
    return this.#result;
  }

  /** There are more responses than are noted. */
  get tooMany(): boolean {
    return this.#tooMany;
  }

  /** Begins anew, with another text. */
  reset(): void {
    this.#depth = 0;
    this.#isArray = this.#closed = this.#broken = this.#tooMany = false;
    if (this.#inString) this.#string = new JsonString();
    this.#inString = false;
    this.#kept = this.#responses = this.#result = undefined;
    this.#offset = 0;
    this.#memberDepth = NOWHERE;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#broken) {
      at = this.#inString ? this.#readString(chunk, at) : this.#readStructure(chunk, at);
    }
    this.#offset += chunk.length;
  }

  /** Moves to the quote that opens the next string. */
  #readStructure(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte <= 0x20) continue;
      if (this.#depth === 0 && (this.#closed || (byte !== OPENING_BRACE && byte !== OPENING_BRACKET))) {
        this.#broken = true;
        return chunk.length;
      }
      if (byte === QUOTE) {
        const matters = this.#depth === this.#memberDepth && (this.#expectsName || this.#member === 'id');
        if (matters) this.#kept = '';
        return this.#readString(chunk, at, 1);
      }
      if (byte === OPENING_BRACE || byte === OPENING_BRACKET) this.#open(byte);
      else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) this.#close(at);
      else if (this.#depth === this.#memberDepth) this.#readBetween(byte, at);
    }
    return chunk.length;
  }

  #open(byte: number): void {
    if (this.#depth === 0) this.#isArray = byte === OPENING_BRACKET;
    const isMessage = byte === OPENING_BRACE && this.#depth === (this.#isArray ? 1 : 0);
    this.#depth++;
    if (!isMessage) return;
    this.#memberDepth = this.#depth;
    this.#expectsName = true;
    this.#member = this.#scalar = '';
    this.#id = undefined;
    this.#hasId = this.#hasMethod = this.#hasResult = this.#hasError = false;
  }

  #close(at: number): void {
    if (this.#depth === this.#memberDepth) {
      this.#endMember(at);
      this.#endMessage();
      this.#memberDepth = NOWHERE;
    }
    if (--this.#depth === 0) this.#closed = true;
  }

  /** Reads a byte between strings and brackets that belongs to a member of the message. */
  #readBetween(byte: number, at: number): void {
    if (byte === COMMA) {
      this.#endMember(at);
      this.#expectsName = true;
    } else if (byte === COLON) {
      this.#expectsName = false;
      const from = this.#offset + at + 1;
      if (this.#member === 'result') this.#result = { from, to: from };
    } else if (this.#member !== '' && this.#scalar.length < MAX_ID_BYTES) this.#scalar += String.fromCharCode(byte);
  }

  /** @param skip bytes of it that belong to the string, and can't end it */
  #readString(chunk: Buffer, from: number, skip = 0): number {
    const end = this.#string.findEnd(chunk, from + skip);
    const to = end === -1 ? chunk.length : end;
    this.#inString = end === -1;
    if (this.#kept === undefined) return to;
    if (this.#kept === '' && end !== -1 && this.#expectsName) {
      this.#kept = undefined;
      this.#beginMember(nameIn(chunk, from, to));
      return to;
    }
    const bound = this.#expectsName ? MAX_NAME_BYTES : MAX_ID_BYTES;
    // One byte more than the bound shows that it was passed.
    const room = Math.max(0, bound + 1 - this.#kept.length);
    this.#kept += chunk.toString('latin1', from, Math.min(to, from + room));
    if (end === -1) return to;
    const text = this.#kept.length > bound ? undefined : parseString(this.#kept);
    this.#kept = undefined;
    if (this.#expectsName) this.#beginMember(text ?? '');
    else this.#id = text;
    return to;
  }

  #beginMember(name: string): void {
    this.#member = name;
    if (name === 'id') {
      this.#hasId = true;
      this.#id = undefined;
      this.#scalar = '';
    } else if (name === 'method') this.#hasMethod = true;
    else if (name === 'result') {
      this.#hasResult = true;
      this.#isResultNull = false;
    } else if (name === 'error') this.#hasError = true;
  }

  #endMember(at: number): void {
    if (this.#member === 'result' && this.#result !== undefined) this.#result.to = this.#offset + at;
    if (this.#member === 'id' && this.#scalar !== '') this.#id = parseScalar(this.#scalar);
    else if (this.#scalar === 'null') this.#endNull();
    this.#member = this.#scalar = '';
  }

  /** Some servers write null for a member that is absent. */
  #endNull(): void {
    if (this.#member === 'method') this.#hasMethod = false;
    else if (this.#member === 'error') this.#hasError = false;
    else if (this.#member === 'result') this.#isResultNull = true;
  }

  #endMessage(): void {
    if (this.#hasMethod || !(this.#hasResult || this.#hasError)) return;
    const isError = this.#hasError && (!this.#hasResult || this.#isResultNull);
    const id = this.#hasId || !isError ? this.#id : null;
    this.#responses ??= [];
    if (this.#responses.length < MAX_RESPONSES) this.#responses.push({ id, isError });
    else this.#tooMany = true;
  }
}

/** Reads a name that stands whole in a piece, from its opening quote to behind its closing one; empty: it does not matter. */
function nameIn(chunk: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length > MAX_NAME_BYTES) return '';
  // Those that matter: id, error, method and result. Another one has escapes.
  if (length === 4 || length === 7 || length === 8) {
    const name = chunk.toString('latin1', from + 1, to - 1);
    if (!name.includes('\\')) return name;
  } else if (length < 9) return '';
  return chunk.subarray(from, to).includes('\\') ? (parseString(chunk.toString('latin1', from, to)) ?? '') : '';
}

/** @param token with its quotes, its bytes as latin1 */
function parseString(token: string): string | undefined {
  const value = parse(Buffer.from(token, 'latin1').toString('utf8'));
  return typeof value === 'string' ? value : undefined;
}

function parseScalar(token: string): number | null | undefined {
  const value = parse(token);
  return typeof value === 'number' || value === null ? value : undefined;
}

function parse(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}
