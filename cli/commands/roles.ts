import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { DESCRIPTION } from '../../src/events/textRule.ts';
import { asText, dryRunOption, listOption, reasonOption } from '../input/options.ts';
import type { ChangeRoleOptions } from './roles/access.ts';
import type { CreateRoleOptions } from './roles/create.ts';
import type { RemoveRoleOptions } from './roles/remove.ts';

const NAME = 'the role: 1 to 32 of a-z, 0-9 and -';
const SCOPES = listOption('--scope <scope>', 'what its keys may do; repeat it, or separate by commas');
const GRANTS = listOption('--grant <pattern>', 'which servers and tools: *, github, github:search_*; repeatable');

/** Describes `roles …`. */
export function addRoleCommands(root: Command, cli: Cli): void {
  const roles = root.command('roles').description('roles: named sets of scopes and grants, for many keys at once');

  roles
    .command('list')
    .description('list roles by name, and how many keys have each')
    .action(async () => (await import('./roles/list.ts')).listAllRoles(cli));

  roles
    .command('create')
    .description('create a role; no key has it yet')
    .argument('<name>', NAME)
    .addOption(SCOPES)
    .addOption(GRANTS)
    .option('--description <text>', 'what it is for', asText(DESCRIPTION))
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      '\nWithout --scope it gives mcp and servers:read. Give it to keys: keys create --role, keys access --add-role.',
    )
    .action(async (name: string, options: CreateRoleOptions) =>
      (await import('./roles/create.ts')).createRole(cli, name, options),
    );

  roles
    .command('show')
    .description('show a role, the keys that have it, and what happened to it')
    .argument('<name>', NAME)
    .action(async (name: string) => (await import('./roles/show.ts')).showRole(cli, name));

  roles
    .command('access')
    .description('change what a role gives, for all keys that have it; what is not given stays')
    .argument('<name>', NAME)
    .addOption(SCOPES)
    .addOption(GRANTS)
    .addOption(listOption('--add-grant <pattern>', 'one more; repeatable'))
    .addOption(listOption('--remove-grant <pattern>', 'one no longer, as it is written; repeatable'))
    .option('--description <text>', 'what it is for; empty: nothing in particular', asText(DESCRIPTION))
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (name: string, options: ChangeRoleOptions) =>
      (await import('./roles/access.ts')).changeRole(cli, name, options),
    );

  roles
    .command('delete')
    .description('delete a role: the keys that have it lose what it gives')
    .argument('<name>', NAME)
    .option('--confirm', 'yes, for good')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (name: string, options: RemoveRoleOptions) =>
      (await import('./roles/remove.ts')).removeRole(cli, name, options),
    );
}
