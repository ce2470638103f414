import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { CLIENT_NAMES, type ClientName } from '../clients/clientNames.ts';
import { nameOf, repeatedOption } from '../input/options.ts';
import type { ConnectOptions } from './connect/connect.ts';
import type { HeadersOptions } from './connect/headers.ts';

const NOTES = `
Without --write it prints what to paste. With it, the change is shown first, the file is copied beside itself
(.bak-<time>), and everything else in it stays byte for byte. The key is never written: clients take it from the
environment variable METAMCP_KEY, ask for it, or have it pasted in by you. With --url no store is needed.
Entries that it wrote for single servers of this gateway are replaced by the one for all; others stay.
Claude Code and VS Code get the file of the project; for all projects of Claude Code: --file ~/.claude.json.
A token lasts 15 minutes; Claude Code asks the helper anew when it connects.`;

const HEADERS_NOTES = `
The key is in METAMCP_KEY, or in a file that nobody else can read. Nothing is kept. Exit code 3: no gateway answers.`;

/** Describes `connect` and the helper that it installs. */
export function addConnectCommands(root: Command, cli: Cli): void {
  root
    .command('connect')
    .description('show or write the configuration of an MCP client: one entry, for all servers that its key may use')
    .addArgument(new Argument('<client>', 'which one').choices(CLIENT_NAMES))
    .addOption(
      repeatedOption('--server <name>', 'an entry of its own for this server, instead of one for all; repeatable'),
    )
    .option('--key <key>', 'refuse what this key may not use')
    .option('--url <url>', 'the gateway as the client reaches it (default: SERVER_HOST and SERVER_PORT)')
    .option('--write', 'write it into the client’s file')
    .option('--file <file>', 'the client’s file, where it is not at its usual place', nameOf(4_096))
    .option('--yes', 'write without asking')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--replace', 'also in the place of another server of the same name')
    .option('--headers-helper', 'Claude Code: exchange the key for a short-lived token at each connection')
    .option('--key-file <file>', 'with --headers-helper: where the key is (default: METAMCP_KEY)', nameOf(4_096))
    .addHelpText('after', NOTES)
    .action(async (client: ClientName, options: ConnectOptions) =>
      (await import('./connect/connect.ts')).connectClient(cli, client, options),
    );

  root
    .command('headers')
    .description('exchange the key for a token, and print the headers of a request with it, for Claude Code')
    .option('--url <url>', 'the gateway (default: SERVER_HOST and SERVER_PORT)')
    .option('--key-file <file>', 'where the key is (default: METAMCP_KEY)', nameOf(4_096))
    .addHelpText('after', HEADERS_NOTES)
    .action(async (options: HeadersOptions) => (await import('./connect/headers.ts')).printHeaders(cli, options));
}
