import { findExcess, type JsonBounds } from './jsonCost.ts';
import { parseLossless } from './losslessJson.ts';

/** Keeping the text of numbers takes up to 1.5 µs for each value (measured on V8 14): so many take as long as the dearest JSON does. */
const LOSSLESS_BOUNDS: JsonBounds = { depth: 1_000, values: 100_000, strings: 100_000 };

/** A shorter text has no more values: each takes a character and a comma. */
const CHEAP_CHARACTERS = 2 * LOSSLESS_BOUNDS.values;

/**
 * Parses JSON that is passed on: numbers keep their text, in all but the largest texts. What the text may cost is to
 * be bounded before (`findExcess`).
 * @throws SyntaxError
 */
export function parseForeignJson(text: string): unknown {
  const isCheap = text.length <= CHEAP_CHARACTERS || findExcess(text, LOSSLESS_BOUNDS) === undefined;
  return isCheap ? parseLossless(text) : JSON.parse(text);
}
