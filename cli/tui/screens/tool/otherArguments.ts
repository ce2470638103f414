import { isLosslessNumber } from '../../../../src/mcp/losslessJson.ts';
import { isJsonObject, type JsonObject } from '../../../../src/mcp/jsonRpc.ts';
import { escape } from '../../../../src/escape.ts';
import type { Field } from '../form/form.ts';
import { argumentOf, readAnswer, type Argument, type Reading } from '../../../tools/argument.ts';
import type { Shape } from '../../../tools/schemaShape.ts';

/** Keywords that can ask for arguments which `properties` does not name (JSON Schema 2020-12, 10). */
const APPLICATORS = [
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'dependentSchemas',
  'dependencies',
  'patternProperties',
] as const;

/** Arguments that have no field of their own, as one JSON object. */
export interface Others {
  readonly field: Field;
  readonly argument: Argument;
  readonly named: ReadonlySet<string>;
  readonly missing: readonly string[];
}

/** Makes a field for arguments that the schema allows and does not name; undefined where there are none. */
export function othersOf(
  schema: JsonObject,
  named: readonly string[],
  { missing, shape }: { readonly missing: readonly string[]; readonly shape: Shape },
): Others | undefined {
  const { properties, additionalProperties, unevaluatedProperties } = schema;
  const isOpen =
    (properties !== undefined && !isJsonObject(properties)) ||
    APPLICATORS.some((keyword) => mayNameArguments(schema, keyword)) ||
    [additionalProperties, unevaluatedProperties].some((rest) => rest === true || isJsonObject(rest));
  if (!isOpen) return undefined;
  const title = named.length === 0 ? 'arguments' : 'other arguments';
  const taken = new Set(named);
  let name = title;
  while (taken.has(name)) name += '…';
  const members = shape.members.filter((member) => !taken.has(member.replace(/\?$/, '')));
  const about = members.length === 0 ? '' : `: ${members.slice(0, 12).join(', ')}`;
  const isRequired = missing.length > 0;
  const field: Field = {
    name,
    label: `${title}${isRequired ? ' *' : ''}`,
    kind: 'text',
    hasLines: true,
    hint: escape(`a JSON object${about}`),
  };
  const argument = argumentOf(name, isRequired, {
    ...shape,
    types: new Set(['object']),
    choices: undefined,
    bounds: {},
  });
  return { field, argument, named: taken, missing };
}

/** Alternatives that only state which of the named arguments are needed together name no others. */
function mayNameArguments(schema: JsonObject, keyword: (typeof APPLICATORS)[number]): boolean {
  if (!Object.hasOwn(schema, keyword)) return false;
  const value = schema[keyword];
  if (!Array.isArray(value) || !isJsonObject(schema['properties'])) return true;
  return !value.every(
    (each) => isJsonObject(each) && Object.keys(each).every((key) => key === 'required' || key === 'not'),
  );
}

/** Reads the object of other arguments. */
export function readOthers({ argument, named, missing }: Others, text: string): Reading {
  const reading = readAnswer(argument, text, undefined);
  if (reading.is !== 'value') return reading;
  const { value } = reading;
  if (!isJsonObject(value) || isLosslessNumber(value)) return { is: 'wrong', complaint: 'Write a JSON object.' };
  const twice = Object.keys(value).find((name) => named.has(name));
  if (twice !== undefined) return { is: 'wrong', complaint: `${escape(twice)} has a field of its own.` };
  const lacking = missing.find((name) => !Object.hasOwn(value, name));
  if (lacking !== undefined) return { is: 'wrong', complaint: `The tool needs ${escape(lacking)}.` };
  return reading;
}
