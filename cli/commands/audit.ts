import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { OWNER } from '../../src/events/textRule.ts';
import { ONE_KEY, tagOption } from '../input/keyFilterOptions.ts';
import { asText, choicesOption, nameOf, parseCount } from '../input/options.ts';
import type { AtOptions } from './audit/at.ts';
import type { CheckpointOptions } from './audit/checkpoint.ts';
import type { ReplayCommandOptions } from './audit/replay.ts';
import type { TailOptions } from './audit/tail.ts';
import type { VerifyHistoryOptions } from './audit/verify.ts';
import type { WhoCouldOptions } from './audit/whoCould.ts';

const TIMES = `
TIME: 2026-01-31T09:00:00Z (any zone), 2026-01-31 (its beginning, UTC), or how long ago: 2h ago, 30d ago.
The answer is what the events say; audit verify proves that they are genuine.`;

const VERIFY_HELP = `
It reads every event once and checks its keyed hash and its link to the one before it, then the stream heads, the
audit trail, the tables of keys and servers that calls are checked against, that no stream is hidden or deleted in the
event store, and that secrets in use open while those of what was deleted are gone. The first fault is named, and the
exit code is 1. The answer lists what was proved and what was not. Without ENCRYPTION_KEY nobody can change, add, move
or remove an event unnoticed, with one exception: who can write to the event store and to the database can cut the
end of a stream, or all of it, out of all of them at once, as a restore of both from an older backup does. A
checkpoint kept elsewhere finds that, too: see audit checkpoint.`;

/** The event types that there are; written out, because help must not wait for the schemas. A test holds it true. */
export const EVENT_TYPES = [
  'ApiKeyCreated',
  'ApiKeyInactivated',
  'ApiKeyActivated',
  'ApiKeyAccessChanged',
  'ApiKeyLabelled',
  'ApiKeyRotated',
  'ApiKeyCredentialSet',
  'ApiKeyCredentialRemoved',
  'ApiKeyDeleted',
  'KeyRoleCreated',
  'KeyRoleChanged',
  'KeyRoleDeleted',
  'McpServerRegistered',
  'McpServerUpdated',
  'McpServerDisabled',
  'McpServerEnabled',
  'McpServerDeleted',
  'McpServerCatalogueChanged',
  'McpServerToolsApproved',
  'EventSkipped',
  'StreamRetired',
  'LossAccepted',
  'StreamReinstated',
];

/** Describes `audit …`. */
export function addAuditCommands(root: Command, cli: Cli): void {
  const audit = root.command('audit').description('what happened, who could do what, and the proof of it');

  audit
    .command('keys')
    .description('show everything that ever happened to a key, also to a deleted one')
    .argument('<key>', ONE_KEY)
    .action(async (id: string) => (await import('./audit/keys.ts')).showKeyHistory(cli, id));

  audit
    .command('tail')
    .description('show the last events of keys and servers, the newest last')
    .option('-n, --lines <count>', 'how many (default: 20)', parseCount)
    .option('-f, --follow', 'go on with what happens from now on, until Ctrl-C')
    .addOption(choicesOption('--type <type>', 'only events of this type; repeatable', EVENT_TYPES))
    .option(
      '--subject <subject>',
      'only of this server or role, or of keys with this name, or with this end of their id',
      nameOf(256),
    )
    .option('--actor <actor>', 'only by this actor, as shown', nameOf(512))
    .addOption(tagOption('--tag', 'only of keys that have this tag now, as team=search; repeatable: with all of them'))
    .option('--owner <owner>', 'only of keys of this owner now', asText(OWNER))
    .action(async (options: TailOptions) => (await import('./audit/tail.ts')).tailEvents(cli, options));

  audit
    .command('at')
    .description('show keys, servers and grants as they were')
    .argument('<time...>', 'when')
    .option('--key <key>', 'only this key: its name, its id or either end of it')
    .option('--server <name>', 'only this server')
    .addHelpText('after', TIMES)
    .action(async (time: string[], options: AtOptions) =>
      (await import('./audit/at.ts')).showStateAt(cli, time.join(' '), options),
    );

  audit
    .command('who-could')
    .description('show which keys could use a server or a tool, by which grant, since when and until when')
    .argument('<server[/tool]>', 'as in github or github/search_code')
    .option('--at <time>', 'when (default: now)')
    .addHelpText('after', TIMES)
    .action(async (what: string, options: WhoCouldOptions) =>
      (await import('./audit/whoCould.ts')).showWhoCould(cli, what, options),
    );

  audit
    .command('verify')
    .description('prove that nobody tampered with the history, or name the first place where somebody did')
    .option('--against <file>', 'a checkpoint kept elsewhere; - for stdin')
    .addHelpText('after', VERIFY_HELP)
    .action(async (options: VerifyHistoryOptions) =>
      (await import('./audit/verify.ts')).verifyWholeHistory(cli, options),
    );

  audit
    .command('checkpoint')
    .description('verify the history and write a signed summary of it, to keep elsewhere')
    .option('--out <file>', 'a new file (default: stdout)', nameOf(4_096))
    .addHelpText('after', '\nA history that does not verify is not signed. Use it with: audit verify --against FILE')
    .action(async (options: CheckpointOptions) =>
      (await import('./audit/checkpoint.ts')).writeCheckpoint(cli, options),
    );

  audit
    .command('replay')
    .description('apply all events to tables of their own, and compare the read tables with them')
    .requiredOption('--into <schema>', 'where to make those tables: a schema that is empty or does not exist')
    .option('--keep', 'leave them for a look; when something differs they are left in any case')
    .addHelpText(
      'after',
      '\nCalls are served and changes taken meanwhile. Nothing live is changed. Exit code 1: they differ.',
    )
    .action(async (options: ReplayCommandOptions) => (await import('./audit/replay.ts')).replayHistory(cli, options));
}
