import type { OpenApi } from './documentedApi.ts';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

/** Follows a reference. @returns the schema, and its name if it has one */
function resolved(document: OpenApi, schema: Schema, place: string): readonly [Schema, string] {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return [schema, place];
  return [document.components['schemas']?.[name] as Schema, name];
}

/** Lists the documented members that a value has, each with the schema it is of. */
export function membersOf(document: OpenApi, from: object, value: unknown, at = ''): string[] {
  const [schema, place] = resolved(document, from, at);
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(document, schema.items ?? {}, item, place));
  if (typeof value !== 'object' || value === null) return [];
  if (schema.oneOf !== undefined) return schema.oneOf.flatMap((one) => membersOf(document, one, value, place));
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    name in value
      ? [
          `${place}.${name}`,
          ...membersOf(document, property, (value as Record<string, unknown>)[name], `${place}.${name}`),
        ]
      : [],
  );
}

/** Lists the members that the answers of a document may have. */
export function documentedMembers(document: OpenApi, schemas: readonly string[]): string[] {
  const found = new Set<string>();
  const visited = new Set<string>();
  function visit(from: Schema, at: string): void {
    if (from.$ref !== undefined && visited.has(from.$ref)) return;
    if (from.$ref !== undefined) visited.add(from.$ref);
    const [schema, place] = resolved(document, from, at);
    if (schema.items !== undefined) visit(schema.items, place);
    for (const one of schema.oneOf ?? []) visit(one, place);
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      found.add(`${place}.${name}`);
      visit(property, `${place}.${name}`);
    }
  }
  for (const name of schemas) visit({ $ref: `#/components/schemas/${name}` }, '');
  return [...found].sort();
}
