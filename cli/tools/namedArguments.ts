import { isJsonObject, type JsonObject } from '../../src/mcp/jsonRpc.ts';
import { argumentOf, type Argument } from './argument.ts';
import { createShapeReader, type Shape } from './schemaShape.ts';

/** What a tool's input schema says of its arguments. */
export interface NamedArguments {
  readonly named: readonly Argument[];
  /** Names that are needed, and of which the schema says nothing else. */
  readonly missing: readonly string[];
  readonly shapeOf: (schema: unknown) => Shape;
}

/**
 * Reads the arguments that a tool's input schema names.
 * @param root the schema that references lead into (Default: the same)
 */
export function namedArguments(schema: JsonObject, root: JsonObject = schema): NamedArguments {
  const shapeOf = createShapeReader(root);
  const properties = propertiesOf(schema);
  const names: unknown = schema['required'];
  const required = new Set(
    Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [],
  );
  const named = Object.entries(properties)
    // What must not be there gets no field.
    .filter(([name, property]) => property !== false || required.has(name))
    .map(([name, property]) => argumentOf(name, required.has(name), shapeOf(property)));
  return { named, missing: [...required].filter((name) => !Object.hasOwn(properties, name)), shapeOf };
}

/** The schemas of the arguments, by name. */
export function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}
