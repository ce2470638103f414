import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parsePositiveDuration } from '../input/duration.ts';
import { nameOf } from '../input/options.ts';
import type { CallToolOptions } from './tools/call.ts';
import type { ListToolsOptions } from './tools/list.ts';

const CALL_HELP = `
An argument is NAME=VALUE, of the type that the tool’s schema wants: a text, a number, true or false, one of several words.
NAME:=JSON gives any value, of a list each NAME=VALUE is an item, and NAME.MEMBER=VALUE is a member of an object. @FILE in the place
of a value reads it from a file, @- from stdin; @@… is a value that begins with @. The tool may also be named as clients of /mcp know it:
SERVER__TOOL. The progress is shown on stderr. With --json the result is printed as the server gave it. A tool that says that
it failed ends the command with exit code 1.

The command speaks to the server itself, as servers test does: no key is needed, and no gateway.`;

/** Describes `tools …`. */
export function addToolCommands(root: Command, cli: Cli): void {
  const tools = root.command('tools').alias('tool').description('tools of MCP servers');

  tools
    .command('list')
    .alias('ls')
    .description('list the tools of a server, or of all that are enabled, and say which servers did not answer')
    .argument('[server]', 'only this one')
    .option('--timeout <duration>', 'how long to try: 5s, 1m (default: 30s, for a program 1m)', parsePositiveDuration)
    .action(async (server: string | undefined, options: ListToolsOptions) =>
      (await import('./tools/list.ts')).listTools(cli, server, options),
    );

  tools
    .command('call')
    .description('call a tool of a server')
    .usage(
      '<server> <tool> [NAME=VALUE…] [options]\n       metamcp-cli tools call <server>__<tool> [NAME=VALUE…] [options]',
    )
    .argument('<server>', 'the server’s name, or the tool’s as clients of /mcp know it')
    .argument('[words...]', 'the tool’s name, and its arguments')
    .option('--arguments <file>', 'a JSON object with arguments; - for stdin', nameOf(4_096))
    .option('--timeout <duration>', 'how long to wait: 5s, 1m (default: 1h)', parsePositiveDuration)
    .addHelpText('after', CALL_HELP)
    .action(async (server: string, words: readonly string[], options: CallToolOptions) =>
      (await import('./tools/call.ts')).callServerTool(cli, server, words, options),
    );
}
