import type { Steps } from '../slices.ts';
import { JsonString } from './jsonString.ts';
import { parseLossless } from './losslessJson.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;

/** A shorter text is parsed whole: that takes a millisecond or two. */
const WHOLE_BYTES = 64 * 1024;

/** Of members or elements that are parsed together, in bytes: that takes less than a millisecond, or a few where numbers keep their text. */
const RUN_BYTES = 16 * 1024;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 16 * 1024;

/** An object or array that has been entered and not left. */
interface Container {
  isArray: boolean;
  from: number;
  /** What was parsed of it; undefined: nothing yet. */
  value: unknown[] | Record<string, unknown> | undefined;
  /** Where that begins which is not parsed yet. */
  runFrom: number;
  /** Where its last member or element begins. */
  memberFrom: number;
  /** Its last one is a container that is parsed already. */
  isBehindLarge: boolean;
}

/**
 * Parses JSON as `parseLossless` does, step by step: what is large is taken apart, so that no step takes longer than one run of
 * members, or one text. The depth and number of values of a foreign text are to be bounded before.
 * @param json in UTF-8, without a byte order mark
 * @throws SyntaxError
 */
export function* parseSteps(json: Buffer, runBytes?: number): Steps<unknown> {
  if (json.length <= (runBytes ?? WHOLE_BYTES)) return parseLossless(json.toString('utf8'));
  const parts = new JsonParts(json, runBytes ?? RUN_BYTES);
  for (let to = STEP_BYTES; ; to += STEP_BYTES) {
    parts.read(Math.min(to, json.length));
    if (to >= json.length) return parts.take();
    yield;
  }
}

class JsonParts {
  readonly #json: Buffer;
  readonly #runBytes: number;
  readonly #string = new JsonString();
  #isInString = false;
  #at = 0;
  /** Those that have been entered, and behind them some for use again. */
  readonly #containers: Container[] = [];
  #depth = 0;
  #root: { readonly value: unknown } | undefined;

  constructor(json: Buffer, runBytes: number) {
    this.#json = json;
    this.#runBytes = runBytes;
  }

  /** Reads on up to a place. @throws SyntaxError */
  read(to: number): void {
    const piece = this.#json.subarray(0, to);
    while (this.#at < to) {
      if (this.#isInString) {
        const end = this.#string.findEnd(piece, this.#at);
        this.#isInString = end === -1;
        this.#at = end === -1 ? to : end;
        continue;
      }
      const at = this.#at++;
      const byte = piece[at];
      if (byte === QUOTE) this.#isInString = true;
      else if (byte === COMMA) this.#endMember(at);
      else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) this.#enter(byte === OPENING_BRACKET, at);
      else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) this.#leave(byte === CLOSING_BRACKET, at);
    }
  }

  /** Gives what was read. @throws SyntaxError */
  take(): unknown {
    if (this.#root !== undefined) return this.#root.value;
    if (this.#depth > 0 || this.#isInString) throw unexpected(this.#json.length);
    // A text, or a number: it has no parts.
    return parseLossless(this.#json.toString('utf8'));
  }

  #enter(isArray: boolean, at: number): void {
    if (this.#depth === 0 && (this.#root !== undefined || !this.#isBlank(0, at))) throw unexpected(at);
    const container = (this.#containers[this.#depth] ??= { ...EMPTY });
    container.isArray = isArray;
    container.from = at;
    container.value = undefined;
    container.runFrom = container.memberFrom = at + 1;
    container.isBehindLarge = false;
    this.#depth++;
  }

  #endMember(at: number): void {
    const container = this.#containers[this.#depth - 1];
    if (this.#depth === 0 || container === undefined) throw unexpected(at);
    if (container.isBehindLarge || at - container.runFrom >= this.#runBytes) this.#parseRun(container, at, at + 1);
    container.memberFrom = at + 1;
  }

  #leave(isArray: boolean, at: number): void {
    const container = this.#containers[this.#depth - 1];
    if (this.#depth === 0 || container?.isArray !== isArray) throw unexpected(at);
    this.#depth--;
    if (this.#depth > 0 && container.value === undefined && at - container.from < this.#runBytes) return;
    // Nothing stands between the brackets of an empty one, and something behind a comma.
    if (container.value !== undefined || !this.#isBlank(container.runFrom, at)) this.#parseRun(container, at, at);
    const value = container.value ?? (isArray ? [] : {});
    const parent = this.#containers[this.#depth - 1];
    if (this.#depth > 0 && parent !== undefined) this.#addLarge(parent, container.from, at, value);
    else {
      this.#root = { value };
      if (!this.#isBlank(at + 1, this.#json.length)) throw unexpected(at + 1);
    }
  }

  /** Parses what stands before `to`, and goes on at `next`. */
  #parseRun(container: Container, to: number, next: number): void {
    const { runFrom, isArray, isBehindLarge } = container;
    container.runFrom = next;
    container.isBehindLarge = false;
    if (this.#isBlank(runFrom, to) !== isBehindLarge) throw unexpected(to);
    if (isBehindLarge) return;
    const text = this.#json.toString('utf8', runFrom, to);
    const run = parseLossless(isArray ? `[${text}]` : `{${text}}`) as unknown[] | Record<string, unknown>;
    const { value } = container;
    if (value === undefined) container.value = run;
    else if (Array.isArray(value)) for (const each of run as unknown[]) value.push(each);
    else for (const [name, each] of Object.entries(run)) define(value, name, each);
  }

  /** Adds a container that was parsed to the one that it stands in. */
  #addLarge(container: Container, from: number, end: number, value: unknown): void {
    const { isArray, runFrom, memberFrom } = container;
    if (container.isBehindLarge) throw unexpected(from);
    if (memberFrom > runFrom) this.#parseRun(container, memberFrom - 1, memberFrom);
    container.value ??= isArray ? [] : {};
    if (Array.isArray(container.value)) {
      if (!this.#isBlank(memberFrom, from)) throw unexpected(from);
      container.value.push(value);
    } else {
      // The name and its colon, with a value that can't be the rest of another one.
      const [name, ...others] = Object.keys(
        parseLossless(`{${this.#json.toString('utf8', memberFrom, from)}[]}`) as object,
      );
      if (name === undefined || others.length > 0) throw unexpected(from);
      define(container.value, name, value);
    }
    container.runFrom = end + 1;
    container.isBehindLarge = true;
  }

  #isBlank(from: number, to: number): boolean {
    for (let at = from; at < to; at++) {
      const byte = this.#json[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
    }
    return true;
  }
}

const EMPTY: Container = {
  isArray: false,
  from: 0,
  value: undefined,
  runFrom: 0,
  memberFrom: 0,
  isBehindLarge: false,
};

/** As JSON.parse does, which knows no setter. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

function unexpected(at: number): SyntaxError {
  return new SyntaxError(`Unexpected token in JSON at byte ${String(at)}`);
}
