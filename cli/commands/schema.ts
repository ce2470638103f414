import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

/** Describes `schema`. */
export function addSchemaCommand(root: Command, cli: Cli): void {
  root
    .command('schema')
    .description('print the JSON Schema of what a command prints with --json, or of all and of the error')
    .argument('[command...]', 'as in keys create')
    .action(async (words: string[]) => (await import('./schema/print.ts')).printSchema(cli, words.join(' ')));
}
