import { Invalid } from '../errors/appError.ts';
import type { Json } from './eventStore.ts';

// What every event store and every read table can hold and give back unchanged.

/** Far more than people write, far less than a recursive reader or PostgreSQL's `max_stack_depth` can bear. */
const MAX_DEPTH = 256;

/** Checks whether a text can be stored: jsonb and text hold neither U+0000 nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** @throws Invalid `event-data-invalid` */
export function checkText(text: string, path: string): void {
  if (!text.isWellFormed()) throw invalid(`${path} holds half a surrogate pair.`);
  if (text.includes('\0')) throw invalid(`${path} holds the character U+0000.`);
}

/**
 * Checks a value at any depth. A property that is undefined counts as absent, as in JSON.stringify; whatever else
 * JSON.stringify would change is refused.
 * @throws Invalid `event-data-invalid`, with the place
 */
export function checkStorable(value: Json | undefined, path: string, depth = 1): void {
  if (typeof value === 'string') {
    checkText(value, path);
    return;
  }
  if (typeof value === 'boolean' || value === null || Number.isFinite(value)) return;
  if (typeof value !== 'object') throw invalid(`${path} is not JSON.`);
  if (depth > MAX_DEPTH) throw invalid(`${path} nests deeper than ${MAX_DEPTH}.`);
  if (isList(value)) {
    // By index: an empty slot is not JSON, and forEach would pass it over.
    for (let i = 0; i < value.length; i += 1) checkStorable(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (!isPlain(value)) throw invalid(`${path} is not a plain object.`);
  for (const [key, member] of Object.entries<Json | undefined>(value)) {
    checkText(key, `A key of ${path}`);
    if (member !== undefined) checkStorable(member, `${path}.${key}`, depth + 1);
  }
}

/** Array.isArray, which for a readonly list forgets what is in it. */
function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** A Date, a Map or anything with a toJSON of its own would come back as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function invalid(message: string): Invalid {
  return new Invalid('event-data-invalid', message);
}
