import { CommanderError, type Command } from 'commander';
import { isCalled } from './isCalled.ts';
import { misuse } from './misuse.ts';

/** Makes an error of the parser a misuse that names the command's help. Other errors stay. */
export function errorOfParser(error: unknown, root: Command, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const command = commandOf(root, argv);
  return misuse(`${sentence(error, command)}\nSee: ${pathOf(command)} --help`);
}

function sentence({ code, message }: CommanderError, command: Command): string {
  switch (code) {
    case 'commander.help':
      return `A command is missing; there are: ${namesOf(command).join(', ')}.`;
    case 'commander.excessArguments':
      // The parser would repeat them, and one may be half of a header that was not quoted.
      return 'There are too many arguments. A value with spaces needs quotes; a server’s command comes after --.';
    case 'commander.unknownOption': {
      // Its value may be a secret.
      const [, flag = ''] = /'(-[^'=\s]*)/.exec(message) ?? [];
      const [suggestion] = /\(Did you mean .*\)/.exec(message) ?? [];
      return `There is no option ${flag} here.${suggestion === undefined ? '' : ` ${suggestion}`}`;
    }
    case 'commander.unknownCommand': {
      const [, typed = ''] = /'([^']*)'/.exec(message) ?? [];
      const [suggestion] = /\(Did you mean .*\)/.exec(message) ?? [];
      const homes = command.parent === null ? command.commands.filter((group) => hasCommand(group, typed)) : [];
      const elsewhere = homes.map((group) => `metamcp-cli ${group.name()} ${typed}`).join(' or ');
      const hint = homes.length > 0 ? ` Did you mean ${elsewhere}?` : suggestion === undefined ? '' : ` ${suggestion}`;
      return `Unknown command '${typed}'.${hint}`;
    }
    case 'commander.missingArgument': {
      const [, name] = /'([^']*)'/.exec(message) ?? [];
      const choices = command.registeredArguments.find((each) => each.name() === name)?.argChoices;
      const among = choices === undefined ? '' : `; it is one of: ${choices.join(', ')}`;
      return `Missing required argument '${name ?? ''}'${among}`;
    }
    default: {
      const text = message.replace(/^error: /, '');
      return text.charAt(0).toUpperCase() + text.slice(1);
    }
  }
}

/** Those that people can see; help is one of the parser's own. */
function namesOf(command: Command): string[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((each) => each.name()).filter((name) => name !== 'help');
}

function hasCommand(group: Command, name: string): boolean {
  return group.commands.some((each) => isCalled(each, name));
}

/** Finds the command that the arguments name, as far as they do. */
function commandOf(root: Command, argv: readonly string[]): Command {
  let command = root;
  for (const word of argv) command = command.commands.find((each) => isCalled(each, word)) ?? command;
  return command;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
