import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parsePositiveDuration } from '../input/duration.ts';
import { ONE_KEY } from '../input/keyFilterOptions.ts';
import { listOption } from '../input/options.ts';
import { parseSize } from '../input/size.ts';
import { DESCRIPTION, TITLE } from '../../src/events/textRule.ts';
import {
  asText,
  dryRunOption,
  nameOf,
  parseCount,
  parseWhole,
  reasonOption,
  repeatedOption,
} from '../input/options.ts';
import type { ApproveOptions } from './servers/approve.ts';
import type { CredentialOptions } from './servers/credential.ts';
import type { ExportOptions } from './servers/export.ts';
import type { ImportOptions } from './servers/import.ts';
import type { EnablementOptions } from './servers/enablement.ts';
import type { LogsOptions } from './servers/logs.ts';
import type { RemoveServerOptions } from './servers/remove.ts';
import type { ServerOptions } from './servers/serverOptions.ts';
import type { UpdateServerOptions } from './servers/update.ts';

const NAME = 'the server’s name';

const SECRETS_HELP = `
Secrets: a value given here can be seen by other users of this machine while the command runs, and stays in the
shell’s history. Use --header 'Authorization: @FILE' or --env NAME=@FILE to read it from a file, @- to read it from stdin
(on a terminal it asks, and shows nothing), and @@… for a value that begins with @. --env NAME without a value takes it
from the environment, --env-file FILE takes all variables of a file. All are stored encrypted.

A command runs on the gateway’s machine, as the gateway’s user, in the folder of --cwd. Of the gateway’s environment it gets
PATH, HOME and a few more; what else it needs is given by --env. Give it no secret as an argument: every user of the
machine can read its command line.`;

const IMPORT_HELP = `
Every server is imported, or none. \${VAR}, \${VAR:-default}, \${env:VAR}, \${file:PATH} and \${input:id} become their values,
which are stored encrypted: from the environment (\${input:gw-key} from GW_KEY), or asked for in a terminal. A server
with a reference that has no value is refused, and so is one with a placeholder (<YOUR_KEY>, YOUR_API_KEY, xxxx). $VAR,
{env:VAR}, {{VAR}} and %VAR% are references, too: a value that only looks so goes into a variable, and \${env:THAT_VARIABLE}
into the file. In a terminal you are asked before anything is read: the file decides which
variable or file goes to which host, so look first, with --dry-run, when it is not yours. MetaMCP’s own secrets (its
settings, its state folder) are refused under whatever name. A server that the client starts is started by the gateway, so
look at its command, too; cmd /c and npx.cmd are left out, for only Windows needs them.
A server that the file turns off is disabled here, or left out when something of it can’t be imported.
With --registry, a package is run at the version that the file states, by npx, uvx or docker, and what its author leaves to you
(a key, a folder) is taken from variables of that name, or asked for. A server that also has a URL is reached there.
Importing a file twice changes nothing. A name that is none here is made into one: “My Tools” is my-tools.`;

const CREDENTIAL_HELP = `
What is given goes over what the server gets for all keys, for calls of this key alone. What the key has open with the
server is cut. A program is started anew for the key, in processes that no other key shares. The values are sealed with the
key and destroyed with it; a rotation hands them to the successor. A server that moves (more of its URL than the query, or its
command line) gets nothing of it, and the key can’t use it, until each value is given anew or taken out.
${SECRETS_HELP.trimStart()}`;

const APPROVE_HELP = `
What a server offers when it is seen first is approved. A tool that comes later, or of which anything changes, its
description, schemas or annotations, is not: --on-tool-change of the server says what becomes of it. With --dry-run
you see which ones there are, what changed in them, and the command that approves just that: --digest refuses when the
server shows something else by then.
The server is asked as a client that declares no capabilities, in each era in which clients have been shown its tools. What it
shows clients with others, or single keys, counts as it has shown it last.`;

const EXPORT_HELP = `
A header’s value is written as a reference to a variable, as in \${GITHUB_AUTHORIZATION}: set it before you import the
file. What a client’s format can’t hold is told on stderr. The default format holds everything; claude is the .mcp.json
of Claude Code.`;

/** The formats of `servers export`; written out, because help must not wait for what writes them. A test holds it true. */
export const EXPORT_FORMATS = ['metamcp', 'claude', 'cursor', 'vscode', 'windsurf', 'gemini', 'mcphub', 'codex'];

/** The ways of `--use`, written out for the same reason. A test holds it true. */
export const REGISTRY_USES = ['remote', 'npm', 'pypi', 'oci'];

/** Describes `servers …`. */
export function addServerCommands(root: Command, cli: Cli): void {
  const servers = root.command('servers').alias('server').description('MCP servers behind the gateway');

  servers
    .command('list')
    .alias('ls')
    .description('list servers by name')
    .action(async () => (await import('./servers/list.ts')).listAllServers(cli));

  withSettings(servers.command('add'))
    .description('register a server')
    .usage('<name> --url URL [options]\n       metamcp-cli servers add <name> [options] -- COMMAND [ARG…]')
    .argument('<name>', 'a name of your choice: 1 to 32 of a-z, 0-9 and -')
    .addOption(dryRunOption())
    .addHelpText('after', SECRETS_HELP)
    .action(async (name: string, options: ServerOptions) =>
      (await import('./servers/add.ts')).addServer(cli, name, options),
    );

  servers
    .command('show')
    .description('show a server’s settings, without its secrets')
    .argument('<name>', NAME)
    .action(async (name: string) => (await import('./servers/show.ts')).showServer(cli, name));

  withSettings(servers.command('update'))
    .description('change a server’s settings; what is not given stays')
    .usage('<name> [options] [-- COMMAND [ARG…]]')
    .argument('<name>', NAME)
    .addOption(repeatedOption('--remove-header <name>', 'a header to send no longer; repeatable'))
    .addOption(repeatedOption('--remove-env <name>', 'a variable to set no longer; repeatable'))
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .addHelpText(
      'after',
      `\nAn empty --title or --description removes it. A server that moves (more of its URL than the query, or its command line) keeps no header\nand no variable: give each anew, or remove it.\n${SECRETS_HELP}`,
    )
    .action(async (name: string, options: UpdateServerOptions) =>
      (await import('./servers/update.ts')).updateServer(cli, name, options),
    );

  servers
    .command('enable')
    .description('serve a disabled server again')
    .argument('<name>', NAME)
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (name: string, options: EnablementOptions) =>
      (await import('./servers/enablement.ts')).enableServer(cli, name, options),
    );

  servers
    .command('disable')
    .description('stop serving a server at once, and keep its settings')
    .argument('<name>', NAME)
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (name: string, options: EnablementOptions) =>
      (await import('./servers/enablement.ts')).disableServer(cli, name, options),
    );

  servers
    .command('remove')
    .alias('rm')
    .description('remove a server and destroy its secrets')
    .argument('<name>', NAME)
    .option('--confirm', 'yes, for good')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .action(async (name: string, options: RemoveServerOptions) =>
      (await import('./servers/remove.ts')).removeServer(cli, name, options),
    );

  servers
    .command('approve')
    .description('approve new and changed tools of a server, as it shows them now')
    .argument('<name>', NAME)
    .argument('[tools...]', 'these only (default: all)')
    .option('--digest <digest>', 'only if they are as a dry run has shown them', nameOf(64))
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .addHelpText('after', APPROVE_HELP)
    .action(async (name: string, tools: string[], options: ApproveOptions) =>
      (await import('./servers/approve.ts')).approveTools(cli, name, tools, options),
    );

  servers
    .command('credential')
    .description('give a key headers and variables of its own for a server')
    .argument('<name>', NAME)
    .requiredOption('--key <key>', ONE_KEY)
    .addOption(repeatedOption('--header <header>', "sent with each request of the key: 'Name: value'; repeatable"))
    .addOption(repeatedOption('--env <variable>', 'for a command: NAME=value; repeatable'))
    .addOption(repeatedOption('--env-file <file>', 'for a command: variables, a line NAME=value each; repeatable'))
    .addOption(repeatedOption('--unset <name>', 'a header or variable that the key no longer has; repeatable'))
    .option('--unset-all', 'take out all that the key has, before what is given')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .addHelpText('after', CREDENTIAL_HELP)
    .action(async (name: string, options: CredentialOptions) =>
      (await import('./servers/credential.ts')).setCredential(cli, name, options),
    );

  servers
    .command('test')
    .description('connect to a server and list its tools, as the gateway would')
    .argument('<name>', NAME)
    .option('--timeout <duration>', 'how long to try: 5s, 1m (default: 30s, for a program 1m)', parsePositiveDuration)
    .action(async (name: string, options: { timeout?: number }) =>
      (await import('./servers/test.ts')).testServer(cli, name, options),
    );

  servers
    .command('restart')
    .description('restart the programs of a server on stdio, in the gateway')
    .argument('<name>', NAME)
    .action(async (name: string) => (await import('./servers/restart.ts')).restartServer(cli, name));

  servers
    .command('logs')
    .description('show what a server on stdio has printed on its standard error')
    .argument('<name>', NAME)
    .option('-n, --lines <count>', 'how many lines: 1 to 500 (default: 100)', parseCount)
    .option('-f, --follow', 'go on with what it prints from now on, until Ctrl-C')
    .action(async (name: string, options: LogsOptions) =>
      (await import('./servers/logs.ts')).showServerLog(cli, name, options),
    );

  servers
    .command('import')
    .description('register the servers of a client’s configuration file')
    .argument('[file]', 'of Claude, Cursor, VS Code, Codex or another client, or of MetaMCP; - for stdin')
    .option('--registry <file>', 'instead, a server.json of the MCP registry, or an answer of its API; - for stdin')
    .addOption(new Option('--use <way>', 'with --registry: which of several ways to the server').choices(REGISTRY_USES))
    .addOption(repeatedOption('--only <name>', 'only this one of the file; repeatable'))
    .option('--prefix <text>', 'put this before every name', nameOf(24))
    .option('--update', 'change servers that exist with other settings; else they are refused')
    .option('--skip-refused', 'import the others when some can’t be imported; else none is')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'read what the file refers to without asking')
    .addOption(reasonOption())
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string | undefined, options: ImportOptions) =>
      (await import('./servers/import.ts')).importServers(cli, file, options),
    );

  servers
    .command('export')
    .description('print the servers as a configuration file; secrets are references in it')
    .addOption(new Option('--format <format>', 'whose (default: metamcp, the file of apply)').choices(EXPORT_FORMATS))
    .addOption(repeatedOption('--only <name>', 'only this server; repeatable'))
    .addHelpText('after', EXPORT_HELP)
    .action(async (options: ExportOptions) => (await import('./servers/export.ts')).exportServers(cli, options));
}

/** Adds the options that describe how a server is reached. */
function withSettings(command: Command): Command {
  return command
    .option('--url <url>', 'where it listens: https://host/mcp')
    .addOption(
      new Option('--transport <transport>', 'how it speaks (default: http; a command after -- speaks stdio)')
        .choices(['http', 'sse'])
        // What is said of a command already may be said, and need not be offered.
        .argParser((text) => {
          if (!['http', 'sse', 'stdio'].includes(text))
            throw new InvalidArgumentError('Allowed choices are http, sse.');
          return text;
        }),
    )
    .addOption(repeatedOption('--header <header>', "sent with each request: 'Name: value'; repeatable"))
    .addOption(repeatedOption('--env <variable>', 'for a command: NAME=value; repeatable'))
    .addOption(repeatedOption('--env-file <file>', 'for a command: variables, a line NAME=value each; repeatable'))
    .option('--cwd <folder>', 'for a command: where it runs (default: the current folder)', nameOf(4_096))
    .option('--title <text>', 'its name for people', asText(TITLE))
    .option('--description <text>', 'what it offers', asText(DESCRIPTION))
    .addOption(
      new Option('--isolation <who>', 'who shares a session of it (default: session)').choices([
        'session',
        'key',
        'shared',
      ]),
    )
    .addOption(
      new Option('--on-tool-change <what>', 'what becomes of new and changed tools (default: allow)').choices([
        'allow',
        'flag',
        'hold',
      ]),
    )
    .option('--connect-timeout <duration>', 'until the connection stands (default: 10s)', parsePositiveDuration)
    .option('--idle-timeout <duration>', 'without a byte while an answer is due (default: 5m)', parsePositiveDuration)
    .option('--total-timeout <duration>', 'for one call (default: 1h)', parsePositiveDuration)
    .option('--max-in-flight <count>', 'calls at once (default: 1000)', parseCount)
    .addOption(
      listOption('--limit <limit>', 'of all clients: requests=100/s, bytes=10MiB/m, tool:search_*=50/h; repeatable'),
    )
    .option('--idle-stop <duration>', 'for a command: stopped when unused for so long', parsePositiveDuration)
    .option('--memory-limit <size>', 'for a command: of each process, as 512MiB (default: none)', parseSize)
    .option('--open-files <count>', 'for a command: of each process (default: no limit of its own)', parseCount)
    .option('--processes <count>', 'for a command: of the gateway’s user (default: no limit of its own)', parseCount)
    .option('--restarts <count>', 'for a command: given up after so many in a row (default: 5)', parseWhole);
}
