import { configurationJsonSchema } from '../../../src/configuration/configurationFile.ts';
import type { Cli } from '../../cli.ts';

/** Prints the JSON Schema of the file of `apply`. */
export async function printFileSchema({ output }: Cli): Promise<void> {
  const schema = configurationJsonSchema();
  await output.answerVerbatim(schema, JSON.stringify(schema, undefined, 2));
}
