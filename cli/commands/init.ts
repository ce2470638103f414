import { Option, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { CLIENT_NAMES } from '../clients/clientNames.ts';
import { KEY_NAME } from '../../src/events/textRule.ts';
import { asText, choicesOption, nameOf, repeatedOption } from '../input/options.ts';
import type { InitOptions } from './init/init.ts';

const NOTES = `
On a terminal it asks; nothing is changed before the last question is answered. It can be run again: what is there stays
as it is, and only what is missing is made. The check goes through the gateway that runs at SERVER_HOST and SERVER_PORT,
or through one that is started for it and ends with it. A tool is called only if it says that it changes nothing (its
annotation readOnlyHint) and its schema states a value for each argument that it needs (const, default, examples, enum),
or if you name it; what was called and what it answered is shown.`;

/** Describes `init`. */
export function addInitCommand(root: Command, cli: Cli): void {
  root
    .command('init')
    .description('make a working set-up: stores, secrets, a first server, a first key, and a check that a call works')
    .addOption(repeatedOption('--server <name=url>', 'a server to register; repeatable'))
    .addOption(
      repeatedOption('--header <header>', "for the server, if it is one: 'Name: value', 'Name: @FILE' or 'Name: @-'"),
    )
    .option('--key-name <name>', 'what to call the key (default: first, if there is no key)', asText(KEY_NAME))
    .addOption(choicesOption('--client <client>', 'whose configuration to show; repeatable', CLIENT_NAMES))
    .option('--check-tool <tool>', 'the tool to call in the check', nameOf(256))
    .addOption(new Option('--skip-test', 'register a server even if it does not answer'))
    .addOption(new Option('--skip-check', 'call nothing'))
    .option('--yes', 'ask nothing: take what is given, and defaults')
    .addHelpText('after', NOTES)
    .action(async (options: InitOptions) => (await import('./init/init.ts')).initialize(cli, options));
}
