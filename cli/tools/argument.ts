import { findExcess, describeExcess } from '../../src/mcp/jsonCost.ts';
import { isLosslessNumber, parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';

import { isOfType, JSON_TYPES, type JsonType } from './jsonType.ts';
import type { Shape } from './schemaShape.ts';

/** What an empty answer is made to mean: a text without characters, or JSON’s null. */
export type Blank = 'empty' | 'null';

/** One argument of a tool, as it is typed. */
export interface Argument {
  readonly name: string;
  readonly isRequired: boolean;
  readonly shape: Shape;
  readonly kind: 'text' | 'number' | 'integer' | 'choice' | 'JSON';
  /** Null is a value by the schema’s types, not one of its choices: what is left empty may stand for it. */
  readonly isNullable: boolean;
  readonly options: readonly Option[];
}

/** One choice, and what it is called. */
interface Option {
  readonly label: string;
  readonly value: unknown;
}

/** What an answer in the form means. */
export type Reading =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'absent' }
  | { readonly is: 'wrong'; readonly complaint: string };

/** Decides how an argument is typed. */
export function argumentOf(name: string, isRequired: boolean, own: Shape): Argument {
  // A schema that allows nothing is left to the server to explain.
  const shape = own.types.size === 0 ? { ...own, types: JSON_TYPES, choices: undefined } : own;
  const types = [...shape.types].filter((type) => type !== 'null');
  const [only = 'null', second] = types;
  const choices =
    shape.choices ??
    (second !== undefined ? undefined : only === 'boolean' ? [true, false] : only === 'null' ? [null] : undefined);
  const kind =
    choices !== undefined && choices.length > 0
      ? 'choice'
      : second !== undefined
        ? 'JSON'
        : only === 'string'
          ? 'text'
          : only === 'number' || only === 'integer'
            ? only
            : 'JSON';
  const isNullable = shape.types.has('null') && shape.types.size < JSON_TYPES.size && choices?.includes(null) !== true;
  return { name, isRequired, shape, kind, isNullable, options: kind === 'choice' ? optionsOf(choices ?? []) : [] };
}

/** Strings are called as they are; where something else is called so, too, they get the quotes of JSON. */
function optionsOf(choices: readonly unknown[]): Option[] {
  const unique = new Map(choices.map((value) => [stringifyLossless(value), value]));
  const plain = [...unique].map(([text, value]) => ({ label: typeof value === 'string' ? value : text, value }));
  const isAmbiguous = new Set([...plain.map(({ label }) => label), '']).size <= plain.length;
  return isAmbiguous ? [...unique].map(([label, value]) => ({ label, value })) : plain;
}

/** What an empty answer can be made to mean, apart from what it means by itself. */
export function blanksOf({ kind, isRequired, isNullable }: Argument): Blank[] {
  if (kind === 'JSON') return [];
  return [
    ...(kind === 'text' && (!isRequired || isNullable) ? (['empty'] as const) : []),
    ...(isNullable && !isRequired ? (['null'] as const) : []),
  ];
}

/** Reads an answer. */
export function readAnswer(argument: Argument, text: string, blank: Blank | undefined): Reading {
  const { kind, isRequired, isNullable } = argument;
  if (blank === 'null') return { is: 'value', value: null };
  if (blank === 'empty') return checked(argument, '');
  if (text === '' || (kind !== 'text' && text.trim() === '')) {
    if (!isRequired) return { is: 'absent' };
    if (isNullable) return { is: 'value', value: null };
    return kind === 'text' ? checked(argument, '') : { is: 'wrong', complaint: 'The tool needs this.' };
  }
  if (kind === 'text') return checked(argument, text);
  if (isNullable && text.trim() === 'null') return { is: 'value', value: null };
  if (kind === 'JSON') return readJson(argument, text);
  if (kind === 'choice') {
    const option = argument.options.find(({ label }) => label === text);
    return option === undefined
      ? { is: 'wrong', complaint: `One of: ${labelsOf(argument)}.` }
      : { is: 'value', value: option.value };
  }
  const value = parse(text);
  if (isNumber(value) && isOfType(value, new Set([kind]))) return checked(argument, value);
  const example = kind === 'integer' ? 'an integer, as 12' : 'a number, as 12 or 1.5';
  return { is: 'wrong', complaint: `Write ${example}.` };
}

/** What can be a text and is not JSON of another type is that text. */
function readJson(argument: Argument, text: string): Reading {
  const { types } = argument.shape;
  const excess = findExcess(text);
  if (excess !== undefined) return { is: 'wrong', complaint: `It ${describeExcess(excess)}.` };
  const value = parse(text);
  if (value !== undefined && isOfType(value, types)) return checked(argument, value);
  if (types.has('string')) return checked(argument, text);
  return { is: 'wrong', complaint: value === undefined ? 'This is no JSON.' : `Write ${typesText(types)}.` };
}

/** @returns undefined for what is no JSON: no JSON text means undefined */
function parse(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}

function checked({ shape: { bounds } }: Argument, value: unknown): Reading {
  const { minimum, maximum, minLength, maxLength } = bounds;
  const complaint = isNumber(value)
    ? complaintOf(Number(stringifyLossless(value)), minimum, maximum, '')
    : typeof value === 'string'
      ? complaintOf([...value].length, minLength, maxLength, ' characters')
      : undefined;
  return complaint === undefined ? { is: 'value', value } : { is: 'wrong', complaint };
}

function complaintOf(size: number, least: unknown, most: unknown, unit: string): string | undefined {
  if (least !== undefined && size < Number(stringifyLossless(least)))
    return `At least ${stringifyLossless(least)}${unit}.`;
  if (most !== undefined && size > Number(stringifyLossless(most))) return `At most ${stringifyLossless(most)}${unit}.`;
  return undefined;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || isLosslessNumber(value);
}

/** Writes the schema’s default as it would be typed; undefined where there is none, and for a null, which is nothing to type. */
export function defaultText(argument: Argument): string | undefined {
  const { kind, options, isRequired, shape } = argument;
  const [first, second] = options;
  if (kind === 'choice') {
    const text = stringifyLossless(shape.default ?? null);
    const option =
      shape.default === undefined ? undefined : options.find(({ value }) => stringifyLossless(value) === text);
    // Where there is nothing to choose, it is chosen.
    return (option ?? (isRequired && second === undefined ? first : undefined))?.label;
  }
  const value = shape.default;
  if (value === undefined || value === null) return undefined;
  const written = stringifyLossless(value);
  if (typeof value !== 'string') return written;
  if (kind !== 'JSON') return value;
  const reading = readAnswer(argument, value, undefined);
  return reading.is === 'value' && reading.value === value ? value : written;
}

/** Names what is to be typed; empty for a plain text. */
export function kindText(argument: Argument): string {
  const { kind, shape, isNullable, isRequired } = argument;
  const empty = !isRequired ? '' : isNullable ? ' (empty: null)' : kind === 'text' ? ' (may be empty)' : '';
  if (kind === 'text') return empty === '' ? '' : `text${empty}`;
  if (kind === 'choice') return `${shape.choices === undefined ? 'boolean' : ''}${empty}`.trim();
  if (kind !== 'JSON') return kind + empty;
  const { types, members } = shape;
  if (types.size === JSON_TYPES.size) return 'JSON; what is none is a text';
  const names =
    members.length === 0
      ? ''
      : ` {${members.slice(0, MAX_NAMES).join(', ')}${members.length > MAX_NAMES ? ', …' : ''}}`;
  return `${typesText(types)}${names}${empty}`;
}

/** So many are listed where there is one line for them. */
const MAX_NAMES = 12;

/** Names the choices of an argument, as many as there is room for. */
export function labelsOf({ options }: Argument): string {
  const labels = options.map(({ label }) => label);
  return labels.length > MAX_NAMES ? [...labels.slice(0, MAX_NAMES), '…'].join(', ') : labels.join(', ');
}

const TYPE_TEXTS: Readonly<Record<JsonType, string>> = {
  object: 'a JSON object',
  array: 'a JSON array',
  string: 'a text',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  null: 'null',
};

function typesText(types: ReadonlySet<JsonType>): string {
  return [...types].map((type) => TYPE_TEXTS[type]).join(', or ');
}
