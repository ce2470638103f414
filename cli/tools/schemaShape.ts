import { isLosslessNumber, stringifyLossless, type LosslessNumber } from '../../src/mcp/losslessJson.ts';
import { isJsonObject, type JsonObject } from '../../src/mcp/jsonRpc.ts';
import { jsonTypeOf, JSON_TYPES, isOfType, type JsonType } from './jsonType.ts';

type JsonNumber = number | LosslessNumber;

/** What a value must not fall below or exceed; lengths count characters. */
export interface Bounds {
  readonly minimum?: JsonNumber;
  readonly maximum?: JsonNumber;
  readonly minLength?: JsonNumber;
  readonly maxLength?: JsonNumber;
}

/** What a form has to know of a JSON schema (JSON Schema 2020-12): every value that the schema allows fits the shape. */
export interface Shape {
  /** Never both `number` and `integer`. Empty: no value is allowed. */
  readonly types: ReadonlySet<JsonType>;
  /** Undefined: any value of the types. */
  readonly choices: readonly unknown[] | undefined;
  readonly bounds: Bounds;
  readonly description: string | undefined;
  /** JSON has no undefined: there is none. */
  readonly default: unknown;
  /** The names of an object’s members; those that may be absent end in `?`. */
  readonly members: readonly string[];
}

const ANY: Shape = {
  types: JSON_TYPES,
  choices: undefined,
  bounds: {},
  description: undefined,
  default: undefined,
  members: [],
};
const NEVER: Shape = { ...ANY, types: new Set() };

/** References may form circles, and a few of them may stand for millions of schemas; what is beyond is any value. */
const MAX_DEPTH = 32;
/** Of each list of alternatives so many are searched, at each depth. */
const MAX_ALTERNATIVES = 8;
const MAX_SCHEMAS = { property: 1_000, form: 50_000 };

/** Makes what reads the shapes of one tool’s schemas. Never throws, whatever they are. */
export function createShapeReader(root: JsonObject): (schema: unknown) => Shape {
  let left = MAX_SCHEMAS.form;

  return (schema) => {
    const end = Math.max(0, left - MAX_SCHEMAS.property);
    function read(part: unknown, depth: number): Shape {
      if (part === false) return NEVER;
      if (!isJsonObject(part) || depth > MAX_DEPTH || left <= end) return ANY;
      left -= 1;
      const inner = (schemaWithin: unknown) => read(schemaWithin, depth + 1);
      const { $ref, allOf, anyOf, oneOf } = part;
      const shapes = [ownShape(part)];
      if (typeof $ref === 'string') shapes.push(inner(target(root, $ref)));
      if (Array.isArray(allOf)) shapes.push(...allOf.slice(0, MAX_SCHEMAS.property).map(inner));
      for (const alternatives of [anyOf, oneOf]) {
        // What is not looked at could be any value.
        if (Array.isArray(alternatives) && alternatives.length > 0) {
          shapes.push(alternatives.length > MAX_SCHEMAS.property ? ANY : union(alternatives.map(inner)));
        }
      }
      return shapes.reduce(intersection);
    }
    return read(schema, 0);
  };
}

/** Reads the keywords of a schema itself. */
function ownShape(schema: JsonObject): Shape {
  const { type, description, minimum, maximum, minLength, maxLength, properties, items } = schema;
  const choices = Object.hasOwn(schema, 'const')
    ? [schema['const']]
    : Array.isArray(schema['enum'])
      ? (schema['enum'] as readonly unknown[])
      : undefined;
  const names = (Array.isArray(type) ? (type as readonly unknown[]) : [type]).filter(isTypeName);
  const types =
    names.length > 0
      ? [...names, ...(schema['nullable'] === true ? ['null' as const] : [])]
      : choices !== undefined
        ? choices.map(jsonTypeOf)
        : isJsonObject(properties)
          ? ['object' as const]
          : items !== undefined
            ? ['array' as const]
            : JSON_TYPES;
  return {
    types: normal(types),
    choices: choices?.filter((value) => isOfType(value, normal(types))),
    bounds: boundsOf({ minimum, maximum, minLength, maxLength }),
    description: typeof description === 'string' ? description : undefined,
    default: schema['default'],
    members: membersOf(schema),
  };
}

function isTypeName(name: unknown): name is JsonType {
  return name === 'integer' || JSON_TYPES.has(name as JsonType);
}

function normal(types: Iterable<JsonType>): ReadonlySet<JsonType> {
  const all = new Set(types);
  if (all.has('number')) all.delete('integer');
  return all;
}

function boundsOf(keywords: Readonly<Record<string, unknown>>): Bounds {
  return Object.fromEntries(
    Object.entries(keywords).filter(([, value]) => typeof value === 'number' || isLosslessNumber(value)),
  );
}

function membersOf({ properties, required }: JsonObject): string[] {
  if (!isJsonObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? (required as readonly unknown[]) : []);
  return Object.keys(properties).map((name) => (needed.has(name) ? name : `${name}?`));
}

/** What fits both. The first one’s description and default count more. */
function intersection(a: Shape, b: Shape): Shape {
  const types = normal([
    ...[...a.types].filter((type) => b.types.has(type) || (type === 'integer' && b.types.has('number'))),
    ...(b.types.has('integer') && a.types.has('number') ? ['integer' as const] : []),
  ]);
  const texts = b.choices && new Set(b.choices.map((value) => stringifyLossless(value)));
  const choices =
    texts === undefined ? a.choices : (a.choices?.filter((v) => texts.has(stringifyLossless(v))) ?? b.choices);
  return {
    types,
    choices: choices?.filter((value) => isOfType(value, types)),
    bounds: { ...b.bounds, ...a.bounds },
    description: a.description ?? b.description,
    default: a.default === undefined ? b.default : a.default,
    members: [...new Set([...a.members, ...b.members])],
  };
}

/** What fits one of several. A null among them means only that it may be left out. */
function union(shapes: readonly Shape[]): Shape {
  const others = shapes.filter(({ types }) => types.size > 0 && !(types.size === 1 && types.has('null')));
  const choices = others.map((shape) => shape.choices);
  const [only, second] = others;
  return {
    ...(only !== undefined && second === undefined ? only : ANY),
    types: normal(shapes.flatMap(({ types }) => [...types])),
    members: [...new Set(others.flatMap(({ members }) => members))],
    choices: choices.length > 0 && choices.every((each) => each !== undefined) ? choices.flat() : undefined,
  };
}

/** Finds the schema that names an object's members, behind references and among alternatives; empty where there is none. */
export function objectSchemaOf(root: JsonObject, schema: unknown, depth = 0): JsonObject {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return {};
  if (isJsonObject(schema['properties'])) return schema;
  const { $ref, allOf, anyOf, oneOf } = schema;
  const others = [
    ...(typeof $ref === 'string' ? [target(root, $ref)] : []),
    ...[allOf, anyOf, oneOf].flatMap((list): unknown[] => (Array.isArray(list) ? list.slice(0, MAX_ALTERNATIVES) : [])),
  ];
  const found = others.map((other) => objectSchemaOf(root, other, depth + 1));
  return found.find((each) => isJsonObject(each['properties'])) ?? schema;
}

/** Follows a JSON pointer within the tool’s own schema (RFC 6901); others are not fetched. */
function target(root: JsonObject, ref: string): unknown {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const step of ref.slice(2).split('/').slice(0, MAX_SCHEMAS.property)) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as JsonObject)[name] : undefined;
  }
  return at;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    // A percent sign that stands for itself.
    return step;
  }
}
