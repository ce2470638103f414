import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parseDuration, parsePositiveDuration } from '../input/duration.ts';
import { descriptionSchema, keyNameSchema } from '../../src/events/text.ts';
import { asText, dryRunOption, listOption, reasonOption } from '../input/options.ts';
import type { ChangeAccessOptions } from './keys/access.ts';
import type { ActivationOptions } from './keys/activation.ts';
import type { CreateKeyOptions } from './keys/create.ts';
import type { ListKeysOptions } from './keys/list.ts';
import type { RemoveKeyOptions } from './keys/remove.ts';
import type { RotateKeyOptions } from './keys/rotate.ts';
import type { VerifyKeyOptions } from './keys/verify.ts';

const ID = 'the key’s id, or as much of its beginning as no other id has';
const SCOPES = listOption('--scope <scope>', 'what it may do; repeat it, or separate by commas');
const GRANTS = listOption('--grant <pattern>', 'which servers and tools: *, github, github:search_*; repeatable');
const LIMITS = listOption('--limit <limit>', 'requests=100/s, calls=10, bytes=10MiB/m, …; repeatable; none: no limit');
const NETWORKS = listOption('--network <network>', 'where it may be used from: 10.0.0.0/8; repeatable; none: anywhere');

/** Describes `keys …`. */
export function addKeyCommands(root: Command, cli: Cli): void {
  const keys = root.command('keys').description('API keys');

  keys
    .command('list')
    .description('list keys, the oldest first')
    .option('--include-inactive', 'inactive and deleted ones, too')
    .action(async (options: ListKeysOptions) => (await import('./keys/list.ts')).listAllKeys(cli, options));

  keys
    .command('create')
    .description('create a key and show its secret, this once')
    .requiredOption('--name <name>', 'what to call it', asText(keyNameSchema))
    .option('--description <text>', 'what it is for', asText(descriptionSchema))
    .addOption(SCOPES)
    .addOption(GRANTS)
    .addOption(LIMITS)
    .addOption(NETWORKS)
    .option('--expires-in <duration>', '90d, 24h, 30m or 45s from now', parsePositiveDuration)
    .addOption(dryRunOption())
    .addHelpText('after', '\nWithout --scope it gets mcp and servers:read; without --grant, every server.')
    .action(async (options: CreateKeyOptions) => (await import('./keys/create.ts')).createKey(cli, options));

  keys
    .command('show')
    .description('show a key and what happened to it')
    .argument('<id>', ID)
    .action(async (id: string) => (await import('./keys/show.ts')).showKey(cli, id));

  keys
    .command('inactivate')
    .description('stop a key at once, until it is activated again')
    .argument('<id>', ID)
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (id: string, options: ActivationOptions) =>
      (await import('./keys/activation.ts')).inactivateKey(cli, id, options),
    );

  keys
    .command('activate')
    .description('let an inactive key work again')
    .argument('<id>', ID)
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (id: string, options: ActivationOptions) =>
      (await import('./keys/activation.ts')).activateKey(cli, id, options),
    );

  keys
    .command('access')
    .description('change what a key may do; what is not given stays')
    .argument('<id>', ID)
    .addOption(SCOPES)
    .addOption(GRANTS)
    .addOption(LIMITS)
    .addOption(NETWORKS)
    .option('--expires-in <duration>', '90d, 24h, 30m or 45s from now', parsePositiveDuration)
    .option('--never-expires', 'it works until it is stopped')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (id: string, options: ChangeAccessOptions) =>
      (await import('./keys/access.ts')).changeAccess(cli, id, options),
    );

  keys
    .command('rotate')
    .description('create a successor with the same access, and show its secret, this once')
    .argument('<id>', ID)
    .option('--grace <duration>', 'how long the old key still works: 24h, 30m (default: not at all)', parseDuration)
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (id: string, options: RotateKeyOptions) =>
      (await import('./keys/rotate.ts')).rotateKey(cli, id, options),
    );

  keys
    .command('delete')
    .description('delete a key for good; its history stays')
    .argument('<id>', ID)
    .option('--confirm', 'yes, for good')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (id: string, options: RemoveKeyOptions) =>
      (await import('./keys/remove.ts')).removeKey(cli, id, options),
    );

  keys
    .command('verify')
    .description('say whether a key is good, and what for, or why it is refused')
    .option('--file <file>', 'where the key is; - for stdin (default: asks for it, or reads stdin)')
    .option('--offline', 'only look for typos: needs no stores')
    .addHelpText(
      'after',
      '\nA key is never an argument: others on this machine could see it. Exit code 1: it is not good.',
    )
    .action(async (options: VerifyKeyOptions) => (await import('./keys/verify.ts')).verifyKey(cli, options));
}
