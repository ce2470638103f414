import { Command, Help, Option } from 'commander';
import type { Cli } from './cli.ts';
import type { CliOptions } from './openCli.ts';
import { misuse } from './input/misuse.ts';

/** Thrown for `--version`: the version is read only then. */
export class VersionRequest extends Error {
  override readonly name = 'VersionRequest';
}

/** Options of every command, once they are parsed. */
export type RootOptions = Pick<CliOptions, 'configFile' | 'as'>;

export interface CommandLineOptions {
  /** Columns for help texts. */
  readonly width: number;
  readonly onHelp: (text: string) => void;
  readonly open: (options: RootOptions) => Cli;
}

/** After `--`, the command line that starts a stdio server. */
const TAKES_COMMAND_LINE: ReadonlySet<string> = new Set(['servers add', 'servers update', 'metamcp-cli __complete']);

const ABOUT = `administers MetaMCP: API keys, MCP servers, the database

It works on the stores themselves, so no gateway need be running.`;

const NOTES = `
Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 a store can’t be reached.
With --json, stdout gets exactly one JSON document, also for an error: {"error": {"code", "message", …}}.
Settings come from the environment, .env and the file (see .env.example). NO_COLOR turns colours off.`;

/** What all commands have, and what they work with. describedCommands.ts adds the commands. */
export interface CommandLine {
  readonly root: Command;
  readonly cli: Cli;
}

/** Describes what all commands of the command line have. */
export function createCommandLine({ width, onHelp, open }: CommandLineOptions): CommandLine {
  const root = new Command('metamcp-cli');
  root
    .description(ABOUT)
    // Before the first command, so that all of them inherit it.
    .exitOverride()
    .configureOutput({
      writeOut: onHelp,
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(width, 100),
      getErrHelpWidth: () => Math.min(width, 100),
    })
    // Of a group, its alias stands in its own help alone.
    .configureHelp({
      subcommandTerm: (each) => (each.commands.length > 0 ? each.name() : new Help().subcommandTerm(each)),
    })
    .addOption(new Option('--json', 'print exactly one JSON document on stdout'))
    .addOption(new Option('--config <file>', 'settings file (default: METAMCP_CONFIG)'))
    .addOption(new Option('--as <name>', 'who you are, for the audit trail (default: METAMCP_ACTOR, SUDO_USER)'))
    .addOption(new Option('-V, --version', 'print the version'))
    .on('option:version', () => {
      throw new VersionRequest();
    })
    .addHelpText('after', NOTES);
  const options = () => root.opts<{ config?: string; as?: string }>();
  const cli = open({ configFile: () => options().config, as: () => options().as });
  root.hook('preAction', (_root, command) => {
    if (cli.commandLine !== undefined && !TAKES_COMMAND_LINE.has(`${command.parent?.name() ?? ''} ${command.name()}`)) {
      throw misuse(`“${command.name()}” takes nothing after --.`);
    }
  });
  return { root, cli };
}
