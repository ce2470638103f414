import { Option, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parseDuration, parsePositiveDuration } from '../input/duration.ts';
import { KEY_SORTS } from '../../src/projections/tables/keyFilter.ts';
import { DESCRIPTION, KEY_NAME, OWNER, REASON } from '../../src/events/textRule.ts';
import { addKeyFilter, addKeysToChange, ONE_KEY, tagOption } from '../input/keyFilterOptions.ts';
import { asText, dryRunOption, listOption, parseCount } from '../input/options.ts';
import type { ChangeAccessOptions } from './keys/access.ts';
import type { CreateKeyOptions } from './keys/create.ts';
import type { KeyChangeOptions } from './keys/keyChange.ts';
import type { LabelKeyOptions } from './keys/label.ts';
import type { ListKeysOptions } from './keys/list.ts';
import type { ReportLeakOptions } from './keys/reportLeak.ts';
import type { RotateKeyOptions } from './keys/rotate.ts';
import type { VerifyKeyOptions } from './keys/verify.ts';

const SCOPES = listOption('--scope <scope>', 'what it may do; repeat it, or separate by commas');
const GRANTS = listOption('--grant <pattern>', 'which servers and tools: *, github, github:search_*; repeatable');
const ROLES = listOption('--role <role>', 'what its roles give comes on top; repeatable; none: no role');
const LIMITS = listOption('--limit <limit>', 'requests=100/s, calls=10, bytes=10MiB/m, …; repeatable; none: no limit');
const NETWORKS = listOption('--network <network>', 'where it may be used from: 10.0.0.0/8; repeatable; none: anywhere');

/** Describes `keys …`. */
export function addKeyCommands(root: Command, cli: Cli): void {
  const keys = root.command('keys').alias('key').description('API keys');

  addKeyFilter(keys.command('list').alias('ls').description('list keys, the oldest first'))
    .addOption(new Option('--sort <by>', 'by age, name, expiry or last use (default: created)').choices(KEY_SORTS))
    .option('--limit <count>', 'so many at most', parseCount)
    .option('--include-inactive', 'inactive and deleted ones, too')
    .action(async (options: ListKeysOptions) => (await import('./keys/list.ts')).listAllKeys(cli, options));

  keys
    .command('create')
    .description('create a key and show its secret, this once')
    .requiredOption('--name <name>', 'what to call it', asText(KEY_NAME))
    .option('--description <text>', 'what it is for', asText(DESCRIPTION))
    .option('--owner <owner>', 'who answers for it', asText(OWNER))
    .addOption(tagOption('--tag', 'what it is found by, as team=search; repeatable'))
    .addOption(SCOPES)
    .addOption(GRANTS)
    .addOption(ROLES)
    .addOption(LIMITS)
    .addOption(NETWORKS)
    .option('--expires-in <duration>', '90d, 24h, 30m or 45s from now', parsePositiveDuration)
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      '\nWithout --scope it gets mcp and servers:read; without --grant, every server. With --role it gets nothing but what you say.',
    )
    .action(async (options: CreateKeyOptions) => (await import('./keys/create.ts')).createKey(cli, options));

  keys
    .command('show')
    .description('show a key and what happened to it')
    .argument('<key>', ONE_KEY)
    .action(async (key: string) => (await import('./keys/show.ts')).showKey(cli, key));

  addKeysToChange(
    keys.command('inactivate').alias('revoke').description('stop keys at once, until they are activated again'),
  ).action(async (typed: string[], options: KeyChangeOptions) =>
    (await import('./keys/activation.ts')).inactivateKeys(cli, typed, options),
  );

  addKeysToChange(keys.command('activate').description('let inactive keys work again')).action(
    async (typed: string[], options: KeyChangeOptions) =>
      (await import('./keys/activation.ts')).activateKeys(cli, typed, options),
  );

  addKeysToChange(keys.command('access').description('change what keys may do; what is not given stays'), 'grants')
    .addOption(SCOPES)
    .addOption(listOption('--add-scope <scope>', 'what it may do besides; repeatable'))
    .addOption(listOption('--remove-scope <scope>', 'what it may do no longer; repeatable'))
    .addOption(GRANTS)
    .addOption(listOption('--add-grant <pattern>', 'a grant besides those that it has; repeatable'))
    .addOption(listOption('--remove-grant <pattern>', 'a grant that it loses, as it is listed; repeatable'))
    .addOption(ROLES)
    .addOption(listOption('--add-role <role>', 'one more role; repeatable'))
    .addOption(listOption('--remove-role <role>', 'a role no longer; repeatable'))
    .addOption(LIMITS)
    .addOption(NETWORKS)
    .option('--expires-in <duration>', '90d, 24h, 30m or 45s from now', parsePositiveDuration)
    .option('--never-expires', 'it works until it is stopped')
    .addHelpText('after', '\n--scope and --grant replace what a key has; --add-… and --remove-… change it.')
    .action(async (typed: string[], options: ChangeAccessOptions) =>
      (await import('./keys/access.ts')).changeAccess(cli, typed, options),
    );

  addKeysToChange(
    keys.command('label').description('change the owner and the tags of keys; what is not given stays'),
    'labels',
  )
    .addOption(tagOption('--tag', 'as team=search, in the place of what team was before; repeatable'))
    .addOption(listOption('--remove-tag <name>', 'take a tag out, as team; repeatable'))
    .option('--owner <owner>', 'who answers for it', asText(OWNER))
    .option('--no-owner', 'nobody in particular')
    .action(async (typed: string[], options: LabelKeyOptions) =>
      (await import('./keys/label.ts')).labelKeys(cli, typed, options),
    );

  addKeysToChange(
    keys.command('rotate').description('create a successor with the same access, and show its secret, this once'),
  )
    .option('--grace <duration>', 'how long the old key still works: 24h, 30m (default: not at all)', parseDuration)
    .action(async (typed: string[], options: RotateKeyOptions) =>
      (await import('./keys/rotate.ts')).rotateKeys(cli, typed, options),
    );

  addKeysToChange(keys.command('delete').alias('rm').description('delete keys for good; their history stays')).action(
    async (typed: string[], options: KeyChangeOptions) =>
      (await import('./keys/remove.ts')).removeKeys(cli, typed, options),
  );

  keys
    .command('report-leak')
    .description('inactivate every key whose text stands in a file: a log, a dump, a repository')
    .option('--file <file>', 'where to look; - for stdin (default: stdin)')
    .option('--where <text>', 'where it was found, for the audit trail', asText(REASON))
    .addOption(dryRunOption())
    .action(async (options: ReportLeakOptions) => (await import('./keys/reportLeak.ts')).reportLeak(cli, options));

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
