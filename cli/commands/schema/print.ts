import { NotFound } from '../../../src/errors/appError.ts';
import type { Cli } from '../../cli.ts';
import { errorSchema, jsonSchemaOf, SHAPES } from '../../schemas/shapes.ts';

/** Prints the JSON Schema of one command's document, or those of all. @throws NotFound `schema-not-found` */
export async function printSchema({ output }: Cli, path: string): Promise<void> {
  const document = path === '' ? everySchema() : oneSchema(path);
  await output.answerVerbatim(document, JSON.stringify(document, undefined, 2));
}

function oneSchema(path: string): object {
  if (path === 'error') return errorSchema();
  const shape = SHAPES[path];
  if (shape !== undefined) return jsonSchemaOf(path, shape);
  const known = [...Object.keys(SHAPES), 'error'].join(', ');
  throw new NotFound('schema-not-found', `There is no such document. There are: ${known}.`);
}

function everySchema(): object {
  const schemas = Object.entries(SHAPES).map(([path, shape]) => [path, jsonSchemaOf(path, shape)] as const);
  return { ...Object.fromEntries(schemas), error: errorSchema() };
}
