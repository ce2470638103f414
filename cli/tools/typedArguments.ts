import { parseLossless } from '../../src/mcp/losslessJson.ts';
import { isJsonObject, type JsonObject } from '../../src/mcp/jsonRpc.ts';
import { argumentOf, kindText, readAnswer, type Argument } from './argument.ts';
import { namedArguments, propertiesOf } from './namedArguments.ts';

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

/**
 * Makes a tool's arguments of what is typed, each of the type that the tool's schema wants. Where the schema has no type, JSON is
 * JSON and anything else a text. Of a list, each of several arguments of its name is an item.
 * @param base what they are put over
 */
export function typedArguments(
  schema: JsonObject,
  typed: readonly TypedArgument[],
  base: JsonObject = {},
): { readonly args: JsonObject } | Complaints {
  const { named, missing, shapeOf } = namedArguments(schema);
  const known = new Map(named.map((argument) => [argument.name, argument]));
  const complaints: string[] = [];
  const args = new Map<string, unknown>(Object.entries(base));
  for (const [name, ofName] of Map.groupBy(typed, (each) => each.name)) {
    const argument = known.get(name);
    if (argument === undefined && schema['additionalProperties'] === false) {
      const names = named.map((each) => each.name).join(', ');
      complaints.push(`The tool has no argument ${name}${names === '' ? ': it takes none' : `; it has ${names}`}.`);
      continue;
    }
    const read = (each: TypedArgument, own: Argument): unknown => {
      const reading = each.isJson ? readJson(each.text) : readText(own, each.text);
      if ('complaint' in reading) complaints.push(`${name}: ${reading.complaint}`);
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
    } else if (second !== undefined) complaints.push(`${name} is given twice.`);
    else args.set(name, read(first, own));
  }
  const needed = [...named.filter(({ isRequired }) => isRequired).map(({ name }) => name), ...missing];
  for (const name of needed.filter((each) => !args.has(each))) {
    const argument = known.get(name);
    const kind = argument === undefined ? '' : kindText(argument);
    complaints.push(`The tool needs ${name}${kind === '' ? '' : ` (${kind})`}.`);
  }
  return complaints.length > 0 ? { complaints } : { args: Object.fromEntries(args) };
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
