import type { Tool } from '../../../src/mcp/catalogueItems.ts';
import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';

/**
 * Collects the arguments that a tool requires, each with a value that its schema states: nothing is made up.
 * @returns undefined when one of them has no such value
 */
export function statedArguments({ inputSchema }: Tool): JsonObject | undefined {
  const required: unknown = inputSchema['required'] ?? [];
  const properties: unknown = inputSchema['properties'] ?? {};
  if (!Array.isArray(required) || !isJsonObject(properties)) return undefined;
  const stated = required.map((name: unknown) =>
    typeof name === 'string' && Object.hasOwn(properties, name)
      ? valuesOf(properties[name]).map((value): [string, unknown] => [name, value])[0]
      : undefined,
  );
  const found = stated.filter((each) => each !== undefined);
  return found.length === stated.length ? Object.fromEntries(found) : undefined;
}

/** JSON Schema 2020-12, validation, 6.1 and 9: `const`, `default`, `examples`, `enum`. */
function valuesOf(schema: unknown): unknown[] {
  if (!isJsonObject(schema)) return [];
  const only = ['const', 'default'].filter((name) => Object.hasOwn(schema, name)).map((name) => schema[name]);
  const some = ['examples', 'enum'].flatMap((name) => {
    const values: unknown = schema[name];
    return Array.isArray(values) ? (values as unknown[]) : [];
  });
  return [...only, ...some];
}
