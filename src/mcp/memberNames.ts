import type { Steps } from '../slices.ts';
import { JsonString } from './jsonString.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

/** A longer name is none that anybody looks for; with its quotes and escapes, in bytes. */
const MAX_NAME_BYTES = 256;

/**
 * Finds the names of an object's own members, step by step and without building a value. It is no validator.
 * @param json of the object, in UTF-8
 */
export function* memberNameSteps(json: Buffer): Steps<ReadonlySet<string>> {
  const names = new Set<string>();
  const string = new JsonString();
  let depth = 0;
  let last: { readonly from: number; readonly to: number } | undefined;
  let pause = STEP_BYTES;
  for (let at = 0; at < json.length; at++) {
    if (at >= pause) {
      pause = at + STEP_BYTES;
      yield;
    }
    const byte = json[at];
    if (byte === QUOTE) {
      const end = string.findEnd(json, at + 1);
      if (end === -1) return names;
      if (depth === 1) last = { from: at, to: end };
      at = end - 1;
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++;
    else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) depth--;
    else if (byte === COLON && depth === 1 && last !== undefined && last.to - last.from <= MAX_NAME_BYTES) {
      names.add(String(JSON.parse(json.toString('utf8', last.from, last.to))));
    }
  }
  return names;
}
