import { Command, Help, Option } from 'commander';
import type { Cli } from './cli.ts';
import type { CliOptions } from './openCli.ts';
import { addConfigurationCommands } from './commands/apply.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addConnectCommands } from './commands/connect.ts';
import { addDatabaseCommands } from './commands/db.ts';
import { addInitCommand } from './commands/init.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addRoleCommands } from './commands/roles.ts';
import { addSchemaCommand } from './commands/schema.ts';
import { addServerCommands } from './commands/servers.ts';
import { addToolCommands } from './commands/tools.ts';
import { addLogLevelCommand } from './commands/logLevel.ts';
import { addUndoCommand } from './commands/undo.ts';
import { addUsageCommand } from './commands/usage.ts';
import { addVaultCommands } from './commands/vault.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addStatusCommand } from './commands/status.ts';
import { addExamples } from './help/examples.ts';
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

/** Describes the command line. Commands load what they need when they run. */
export function createCommandLine({ width, onHelp, open }: CommandLineOptions): Command {
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
  addInitCommand(root, cli);
  addKeyCommands(root, cli);
  addRoleCommands(root, cli);
  addServerCommands(root, cli);
  addToolCommands(root, cli);
  addConfigurationCommands(root, cli);
  addDatabaseCommands(root, cli);
  addVaultCommands(root, cli);
  addAuditCommands(root, cli);
  addUndoCommand(root, cli);
  addUsageCommand(root, cli);
  addLogLevelCommand(root, cli);
  addStatusCommand(root, cli);
  addDoctorCommand(root, cli);
  addConnectCommands(root, cli);
  addCompletionCommands(root, cli);
  addSchemaCommand(root, cli);
  addExamples(root);
  root.hook('preAction', (_root, command) => {
    if (cli.commandLine !== undefined && !TAKES_COMMAND_LINE.has(`${command.parent?.name() ?? ''} ${command.name()}`)) {
      throw misuse(`“${command.name()}” takes nothing after --.`);
    }
  });
  return root;
}
