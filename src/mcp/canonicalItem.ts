import { isLosslessNumber } from './losslessJson.ts';
import { isJsonObject } from './jsonRpc.ts';

/** Lists of JSON Schema that are sets: `required`, and the types in `type` (JSON Schema 2020-12, Validation, 6.1.1 and 6.5.3). */
const SETS: ReadonlySet<string> = new Set(['required', 'type']);
/** What stands in these is a value, not a schema. */
const VALUES: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);
const SCHEMAS: ReadonlySet<string> = new Set(['inputSchema', 'outputSchema']);

/**
 * Writes what a server has sent in its one canonical form: RFC 8785, but for numbers that no double holds, which keep all their
 * digits. Unlike `canonicalJson`, it takes whatever a stranger sends: half a surrogate pair is written as an escape.
 */
export function canonicalForeign(value: unknown): string {
  return write(value, false);
}

/** As `canonicalForeign`, for one member of an item of a list. The order in lists of a schema that are sets means nothing. */
export function canonicalMember(name: string, value: unknown): string {
  return write(value, SCHEMAS.has(name));
}

function write(value: unknown, inSchema: boolean): string {
  if (isLosslessNumber(value)) return exactNumber(value.rawJSON);
  if (Array.isArray(value)) return `[${value.map((each) => write(each, inSchema)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${writeMember(name, value[name], inSchema)}`);
  return `{${members.join(',')}}`;
}

function writeMember(name: string, value: unknown, inSchema: boolean): string {
  if (!inSchema) return write(value, false);
  if (VALUES.has(name) && !isJsonObject(value)) return write(value, false);
  if (SETS.has(name) && Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return write(value.toSorted(), false);
  }
  return write(value, true);
}

/** Writes a number as JavaScript does, when that is the same number, and else by its digits and exponent. */
function exactNumber(text: string): string {
  const double = Number(text);
  const digits = digitsOf(text);
  if (Number.isFinite(double) && digitsOf(String(double)) === digits) return JSON.stringify(double);
  return digits;
}

/** A decimal number in one form: `-12e3`, without zeros at either end of the digits. */
function digitsOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  const shift = BigInt(all.length - significant.length - fraction.length);
  return `${sign}${significant}e${BigInt(exponent) + shift}`;
}
