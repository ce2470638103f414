import { Option, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parsePositiveDuration } from '../duration.ts';
import { nameOf, parseCount, reasonOption, repeatedOption, textOf } from '../options.ts';
import type { RemoveServerOptions } from './servers/remove.ts';
import type { ServerOptions } from './servers/serverOptions.ts';
import type { UpdateServerOptions } from './servers/update.ts';

const NAME = 'the server’s name';

const SECRETS_HELP = `
Secrets: a value given here can be seen by other users of this machine while the command runs, and stays in the
shell’s history. Use --header 'Authorization: @FILE' to read it from a file, @- to read it from stdin, and @@… for a
value that begins with @. --env NAME without a value takes it from the environment. All are stored encrypted.`;

/** Describes `servers …`. DESIGN 9. */
export function addServerCommands(program: Command, cli: Cli): void {
  const servers = program.command('servers').description('MCP servers behind the gateway');

  servers
    .command('list')
    .description('list servers by name')
    .action(async () => (await import('./servers/list.ts')).listAllServers(cli));

  withSettings(servers.command('add'))
    .description('register a server')
    .usage('<name> --url URL [options]\n       metamcp-cli servers add <name> [options] -- COMMAND [ARG…]')
    .argument('<name>', 'a name of your choice: 1 to 32 of a-z, 0-9 and -')
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
    .addHelpText('after', `\nAn empty --title or --description removes it.\n${SECRETS_HELP}`)
    .action(async (name: string, options: UpdateServerOptions) =>
      (await import('./servers/update.ts')).updateServer(cli, name, options),
    );

  servers
    .command('enable')
    .description('serve a disabled server again')
    .argument('<name>', NAME)
    .addOption(reasonOption())
    .action(async (name: string, options: { reason?: string }) =>
      (await import('./servers/enablement.ts')).enableServer(cli, name, options),
    );

  servers
    .command('disable')
    .description('stop serving a server at once, and keep its settings')
    .argument('<name>', NAME)
    .addOption(reasonOption())
    .action(async (name: string, options: { reason?: string }) =>
      (await import('./servers/enablement.ts')).disableServer(cli, name, options),
    );

  servers
    .command('remove')
    .description('remove a server and destroy its secrets')
    .argument('<name>', NAME)
    .option('--confirm', 'yes, for good')
    .addOption(reasonOption())
    .action(async (name: string, options: RemoveServerOptions) =>
      (await import('./servers/remove.ts')).removeServer(cli, name, options),
    );

  servers
    .command('test')
    .description('connect to a server and list its tools, as the gateway would')
    .argument('<name>', NAME)
    .option('--timeout <duration>', 'how long to try: 5s, 1m (default: 30s)', parsePositiveDuration)
    .action(async (name: string, options: { timeout?: number }) =>
      (await import('./servers/test.ts')).testServer(cli, name, options),
    );
}

/** Adds the options that describe how a server is reached. */
function withSettings(command: Command): Command {
  return command
    .option('--url <url>', 'where it listens: https://host/mcp')
    .addOption(new Option('--transport <transport>', 'how it speaks (default: http)').choices(['http', 'sse']))
    .addOption(repeatedOption('--header <header>', "sent with each request: 'Name: value'; repeatable"))
    .addOption(repeatedOption('--env <variable>', 'for a command: NAME=value; repeatable'))
    .option('--cwd <folder>', 'for a command: where it runs', nameOf(4_096))
    .option('--title <text>', 'its name for people', textOf(256))
    .option('--description <text>', 'what it offers', textOf(4_096))
    .addOption(
      new Option('--isolation <who>', 'who shares a session of it (default: session)').choices([
        'session',
        'key',
        'shared',
      ]),
    )
    .option('--connect-timeout <duration>', 'until the connection stands (default: 10s)', parsePositiveDuration)
    .option('--idle-timeout <duration>', 'without a byte while an answer is due (default: 5m)', parsePositiveDuration)
    .option('--total-timeout <duration>', 'for one call (default: 1h)', parsePositiveDuration)
    .option('--max-in-flight <count>', 'calls at once (default: 1000)', parseCount);
}
