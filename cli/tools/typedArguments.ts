import { nearest } from '../../src/nearest.ts';
import { parseLossless } from '../../src/mcp/losslessJson.ts';
import { isJsonObject, type JsonObject } from '../../src/mcp/jsonRpc.ts';
import { argumentOf, kindText, labelsOf, readAnswer, type Argument } from './argument.ts';
import { namedArguments, propertiesOf } from './namedArguments.ts';
import { objectSchemaOf } from './schemaShape.ts';

/** One argument as it is typed: `name=text`, or `name:=JSON`. */
export interface TypedArgument {
  readonly name: string;
  readonly text: string;
  readonly isJson: boolean;
}

/** What is wrong with typed arguments: sentences, which repeat names and no values. */
export interface Complaints {
  readonly complaints: readonly string[];
}

/** Takes a typed argument apart. @returns undefined for what is none */
export function readTypedArgument(word: string): TypedArgument | undefined {
  const [, name, sign, text] = /^([^=]+?)(:?=)([^]*)$/.exec(word) ?? [];
  return name === undefined || text === undefined ? undefined : { name, text, isJson: sign === ':=' };
}

type Arguments =
  | {
      readonly args: JsonObject;
      /** What the schema does not say of them: sentences. Absent: nothing. */
      readonly notes?: readonly string[];
    }
  | Complaints;

/**
 * Makes a tool's arguments of what is typed, each of the type that the tool's schema wants. Where the schema has no type, JSON is
 * JSON and anything else a text. Of a list, each of several arguments of its name is an item; `name.member` is a member of an
 * object.
 * @param base what they are put over
 */
export function typedArguments(
  schema: JsonObject,
  typed: readonly TypedArgument[],
  base: JsonObject = {},
  { root = schema, within = '' }: { readonly root?: JsonObject; readonly within?: string } = {},
): Arguments {
  const { named, missing, shapeOf } = namedArguments(schema, root);
  const known = new Map(named.map((argument) => [argument.name, argument]));
  const complaints: string[] = [];
  const notes: string[] = [];
  const args = new Map<string, unknown>(Object.entries(base));
  const groups = Map.groupBy(typed, ({ name }) => objectNamed(name, known)?.name);
  for (const [name, ofName] of Map.groupBy(groups.get(undefined) ?? [], (each) => each.name)) {
    const full = within + name;
    const argument = known.get(name);
    if (argument === undefined && schema['additionalProperties'] === false) {
      complaints.push(`The tool has no argument ${full}${namesText(named, within, name)}`);
      continue;
    }
    if (argument === undefined && isStranger(schema, name)) notes.push(strangerText(full, named, within, name));
    const read = (each: TypedArgument, own: Argument): unknown => {
      const reading = each.isJson ? readJson(each.text) : readText(own, each.text);
      if ('complaint' in reading) complaints.push(`${full}: ${reading.complaint}`);
      return 'value' in reading ? reading.value : undefined;
    };
    const own = argument ?? argumentOf(name, false, shapeOf(true));
    const [first, second] = ofName;
    if (first === undefined) continue;
    const isList = own.shape.types.has('array') && !own.shape.types.has('string');
    if (isList && !first.isJson && (second !== undefined || !first.text.trim().startsWith('['))) {
      const property = propertiesOf(schema)[name];
      const item = argumentOf(name, false, shapeOf(isJsonObject(property) ? (property['items'] ?? true) : true));
      args.set(
        name,
        ofName.map((each) => read(each, item)),
      );
    } else if (second !== undefined) complaints.push(`${full} is given twice.`);
    else args.set(name, read(first, own));
  }
  for (const [name, ofName] of groups) {
    if (name === undefined) continue;
    const before = args.get(name) ?? {};
    if (!isJsonObject(before)) {
      complaints.push(`${within}${name} is given twice.`);
      continue;
    }
    const members = ofName.map((each) => ({ ...each, name: each.name.slice(name.length + 1) }));
    const own = objectSchemaOf(root, propertiesOf(schema)[name]);
    const read = typedArguments(own, members, before, { root, within: `${within}${name}.` });
    if ('args' in read) {
      args.set(name, read.args);
      notes.push(...(read.notes ?? []));
    } else complaints.push(...read.complaints);
  }
  const needed = [...named.filter(({ isRequired }) => isRequired).map(({ name }) => name), ...missing];
  // What has a complaint is not missing besides.
  for (const name of needed.filter((each) => !args.has(each) && !groups.has(each))) {
    const argument = known.get(name);
    const kind = argument === undefined ? '' : kindText(argument) || `one of: ${labelsOf(argument)}`;
    complaints.push(`The tool needs ${within}${name}${kind === '' ? '' : ` (${kind})`}.`);
  }
  // What is not known may be what is missing, spelled otherwise.
  if (complaints.length > 0) return { complaints: [...complaints, ...notes] };
  return { args: Object.fromEntries(args), ...(notes.length > 0 && { notes }) };
}

/** Checks whether a schema names the arguments that there are, and not this one. */
function isStranger(schema: JsonObject, name: string): boolean {
  if (Object.keys(propertiesOf(schema)).length === 0 || Object.hasOwn(propertiesOf(schema), name)) return false;
  // Others may be named there, or it is said what they are.
  if (ELSEWHERE.some((keyword) => schema[keyword] !== undefined)) return false;
  const others = schema['additionalProperties'];
  return !isJsonObject(others) || Object.keys(others).length === 0;
}

const ELSEWHERE = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'patternProperties'];

function strangerText(full: string, named: readonly Argument[], within: string, name: string): string {
  return `The tool’s schema does not name ${full}, which the server may pass over${namesText(named, within, name)}`;
}

/** Names the arguments that there are, and the one that was probably meant. */
function namesText(named: readonly Argument[], within: string, typed: string): string {
  const names = named.map((each) => each.name);
  if (names.length === 0) return ': it takes none.';
  const similar = nearest(typed, names);
  const hint = similar === undefined ? '' : ` Did you mean ${within}${similar}?`;
  return `; it has ${names.map((name) => within + name).join(', ')}.${hint}`;
}

/** Finds the object that `name.member` is in: a name that the schema has as it stands is that argument. */
function objectNamed(name: string, known: ReadonlyMap<string, Argument>): Argument | undefined {
  if (known.has(name)) return undefined;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const argument = known.get(name.slice(0, dot));
    if (argument?.shape.types.has('object') === true && dot + 1 < name.length) return argument;
  }
  return undefined;
}

type Read = { readonly value: unknown } | { readonly complaint: string };

function readText(argument: Argument, text: string): Read {
  // What is typed is a value, also an empty one.
  const reading = readAnswer({ ...argument, isRequired: true }, text, undefined);
  if (reading.is === 'wrong') return { complaint: reading.complaint };
  return { value: reading.is === 'value' ? reading.value : null };
}

function readJson(text: string): Read {
  try {
    return { value: parseLossless(text) };
  } catch {
    return { complaint: 'This is no JSON.' };
  }
}
