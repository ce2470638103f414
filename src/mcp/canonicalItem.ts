import { isLosslessNumber } from './losslessJson.ts';
import { isJsonObject } from './jsonRpc.ts';
import { isShort, sortSteps, writeSteps, type JsonForm } from './jsonWriting.ts';
import type { Steps } from '../slices.ts';

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

/** As `canonicalMember`, step by step. @param put gets the text in pieces */
export function* canonicalMemberSteps(name: string, value: unknown, put: (text: string) => void): Steps<undefined> {
  if (isShort(value)) put(canonicalMember(name, value));
  else yield* writeSteps(value, SCHEMAS.has(name), CANONICAL, put);
  return undefined;
}

/** The place of a value: whether it stands in a schema. */
const CANONICAL: JsonForm<boolean> = {
  namesOf: (object) => sortSteps(Object.keys(object).filter((name) => object[name] !== undefined)),
  writeScalar,
  member: memberOf,
};

function write(value: unknown, inSchema: boolean): string {
  if (Array.isArray(value)) {
    let text = '';
    for (const each of value) text += `${text === '' ? '' : ','}${write(each, inSchema)}`;
    return `[${text}]`;
  }
  if (!isJsonObject(value)) return writeScalar(value);
  let text = '';
  for (const name of Object.keys(value).sort()) {
    if (value[name] === undefined) continue;
    const member = memberOf(name, value[name], inSchema);
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(member.value, member.place)}`;
  }
  return `{${text}}`;
}

function writeScalar(value: unknown): string {
  return isLosslessNumber(value) ? exactNumber(value.rawJSON) : JSON.stringify(value ?? null);
}

function memberOf(
  name: string,
  value: unknown,
  inSchema: boolean,
): { readonly value: unknown; readonly place: boolean } {
  if (!inSchema || (VALUES.has(name) && !isJsonObject(value))) return { value, place: false };
  if (SETS.has(name) && Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return { value: value.toSorted(), place: false };
  }
  return { value, place: true };
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
