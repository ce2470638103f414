import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { nameOf, reasonOption } from '../input/options.ts';
import { misuse } from '../input/misuse.ts';
import type { ApplyOptions } from './configuration/apply.ts';
import type { DiffOptions } from './configuration/diff.ts';

const FILE_HELP = `
The file (YAML or JSON; its JSON Schema: metamcp-cli apply --schema):
  version: 1
  servers:
    github:
      url: https://mcp.example.com/mcp
      headers: { Authorization: 'Bearer \${env:GITHUB_TOKEN}' }
  keys:
    ci: { grants: [github], expires: 2030-01-31 }
What is not said has its default. A section that is absent is left alone. No secret belongs into the file: write
\${env:VAR}, {from_env: VAR} or {from_file: PATH}.`;

const APPLY_HELP = `
Nothing is done unless all of the file can be. Then servers come first, keys next, removals last, one event for each
change; applying a file again changes nothing. New keys are shown once, or go to --secrets-out.
Exit codes: 0 done, 1 somebody else changed something meanwhile, 2 the file can’t be applied, 3 a store can’t be reached.`;

const DIFF_HELP =
  '\nExit codes: 0 no difference, 1 a difference, 2 the file can’t be applied, 3 a store can’t be reached.';

/** Describes `apply` and `diff`. */
export function addConfigurationCommands(root: Command, cli: Cli): void {
  root
    .command('apply')
    .description('make servers and keys what a file says')
    .option('-f, --file <file>', 'the file; - for stdin', nameOf(4_096))
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--prune', 'remove what is not in the file, too; else that is only told')
    .option('--yes', 'remove without asking')
    .option('--secrets-out <file>', 'write new keys to this new file, which only you can read', nameOf(4_096))
    .addOption(reasonOption())
    .option('--schema', 'print the JSON Schema of the file, and do nothing')
    .addHelpText('after', `${FILE_HELP}\n${APPLY_HELP}`)
    .action(async ({ schema = false, file, ...options }: Partial<ApplyOptions> & { schema?: boolean }) => {
      if (schema) return (await import('./configuration/printSchema.ts')).printFileSchema(cli);
      if (file === undefined) throw misuse('Say which file: metamcp-cli apply -f FILE');
      return (await import('./configuration/apply.ts')).applyConfiguration(cli, { file, ...options });
    });

  root
    .command('diff')
    .description('show what apply would change')
    .requiredOption('-f, --file <file>', 'the file; - for stdin', nameOf(4_096))
    .option('--prune', 'what is not in the file is a difference, too')
    .addHelpText('after', DIFF_HELP)
    .action(async (options: DiffOptions) => (await import('./configuration/diff.ts')).diffConfiguration(cli, options));
}
