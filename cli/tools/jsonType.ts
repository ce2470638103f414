import { isLosslessNumber } from '../../src/mcp/losslessJson.ts';

/** The types of JSON Schema 2020-12, 4.2.1; `integer` is a `number` without a fraction, also when it is written 1.0 or 1e3. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** Every value is of one of these. */
export const JSON_TYPES: ReadonlySet<JsonType> = new Set(['string', 'number', 'boolean', 'object', 'array', 'null']);

/** Tells the type of a JSON value: `integer` where it is one. */
export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value as 'string' | 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (isLosslessNumber(value)) return isIntegerText(value.rawJSON) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

/** Tells whether a value is of one of some types. */
export function isOfType(value: unknown, types: ReadonlySet<JsonType>): boolean {
  const type = jsonTypeOf(value);
  return types.has(type) || (type === 'integer' && types.has('number'));
}

function isIntegerText(text: string): boolean {
  const [, digits = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const significant = fraction.replace(/0+$/, '');
  if (significant !== '') return significant.length <= Number(exponent);
  const zeros = /0*$/.exec(digits)?.[0].length ?? 0;
  return zeros === digits.length || Number(exponent) >= -zeros;
}
