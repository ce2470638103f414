import type { Argument, Command, Option } from 'commander';
import { isCalled } from '../input/isCalled.ts';
import { choicesOf } from '../input/options.ts';
import type { Candidate, Names } from './names.ts';

/** What to offer; `files`: names of files, which the shell knows best. */
export interface Completions {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

const NOTHING: Completions = { candidates: [], files: false };
const FILES: Completions = { candidates: [], files: true };

/** Where the words lead: the command that they name, and what the next word is for. */
interface Place {
  readonly command: Command;
  /** The option whose value is due. */
  readonly option: Option | undefined;
  /** Words before the last one that are no options and no commands. */
  readonly positions: number;
}

/** Completes the last of `words`, which follow the name of the CLI. */
export async function complete(root: Command, words: readonly string[], names: Names): Promise<Completions> {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  // After it comes the command line of a server, which is not ours.
  if (before.includes('--')) return FILES;
  const { command, option, positions } = placeOf(root, before);
  if (option !== undefined) return valuesOf(option, typed, '', names);
  const [, flag = '', value = ''] = /^(--[a-z-]+)=(.*)$/s.exec(typed) ?? [];
  if (flag !== '') {
    const assigned = optionsOf(command).find(({ long }) => long === flag);
    return assigned === undefined ? NOTHING : valuesOf(assigned, value, `${flag}=`, names);
  }
  if (typed.startsWith('-')) return beginning(typed, optionsOf(command).map(describeOption));
  const commands = visible(command);
  if (commands.length > 0) return positions > 0 ? NOTHING : commandsOf(commands, typed);
  const given = command.registeredArguments;
  const last = given.at(-1);
  const argument = given[positions] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? NOTHING : argumentsOf(command, argument, typed, names);
}

/** Walks along complete words. */
function placeOf(root: Command, words: readonly string[]): Place {
  let command = root;
  let option: Option | undefined;
  let positions = 0;
  for (const word of words) {
    if (option !== undefined) option = undefined;
    else if (word.startsWith('-')) {
      const match = optionsOf(command).find(({ long, short }) => long === word || short === word);
      if (match?.required === true) option = match;
    } else {
      const next = command.commands.find((each) => isCalled(each, word));
      if (next === undefined) positions += 1;
      else command = next;
    }
  }
  return { command, option, positions };
}

/** Those of the commands above are taken anywhere. */
function optionsOf(command: Command): Option[] {
  const own = command.createHelp().visibleOptions(command);
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...own, ...above.filter(({ long }) => own.every((each) => each.long !== long))];
}

function visible(command: Command): Command[] {
  if (command.commands.length === 0) return [];
  return command.createHelp().visibleCommands(command);
}

async function valuesOf(option: Option, typed: string, prefix: string, names: Names): Promise<Completions> {
  const list = (values: readonly string[]) => plain(values, typed, prefix);
  const choices = choicesOf(option);
  if (choices !== undefined) return list(choices);
  switch (option.long ?? '') {
    case '--add-scope':
    case '--remove-scope':
    case '--scope': {
      const { scopeSchema } = await import('../../src/events/apiKey.ts');
      // There may be several: the last one is being typed.
      const before = typed.slice(0, typed.lastIndexOf(',') + 1);
      return list(scopeSchema.options.map((scope) => before + scope));
    }
    case '--add-grant':
    case '--remove-grant':
    case '--with-grant':
    case '--grant':
      return list(['*', ...(await names.servers())]);
    case '--role':
    case '--with-role':
    case '--add-role':
    case '--remove-role':
      return list(await names.roles());
    case '--server':
      return list(await names.servers());
    case '--subject': {
      const [servers, roles, keys] = await Promise.all([names.servers(), names.roles(), names.keys(typed)]);
      const named = [
        ...servers.map((value) => ({ value, description: 'server' })),
        ...roles.map((value) => ({ value, description: 'role' })),
      ];
      return beginning(typed, [...named, ...keys], prefix);
    }
    case '--key':
      return beginning(typed, await names.keys(typed), prefix);
    case '--cwd':
    case '--out':
      return FILES;
    default:
      return option.flags.includes('<file>') ? FILES : NOTHING;
  }
}

async function argumentsOf(command: Command, argument: Argument, typed: string, names: Names): Promise<Completions> {
  if (argument.argChoices !== undefined) return plain(argument.argChoices, typed, '');
  const path = pathOf(command);
  if (/^(keys|audit keys)\b/.test(path) && /^keys?$/.test(argument.name()))
    return beginning(typed, await names.keys(typed));
  if (path.startsWith('roles ') && path !== 'roles create' && argument.name() === 'name') {
    return plain(await names.roles(), typed, '');
  }
  if (path === 'undo') return beginning(typed, await names.events());
  const takesServer = (path.startsWith('servers ') && path !== 'servers add') || /^tools |^audit who-could$/.test(path);
  if (takesServer && /^(name|server)/.test(argument.name())) return plain(await names.servers(), typed, '');
  return argument.name() === 'file' ? FILES : NOTHING;
}

function plain(values: readonly string[], typed: string, prefix: string): Completions {
  return beginning(
    typed,
    values.map((value) => ({ value, description: '' })),
    prefix,
  );
}

function beginning(typed: string, candidates: readonly Candidate[], prefix = ''): Completions {
  const fitting = candidates.filter(({ value }) => value.startsWith(typed));
  return { candidates: fitting.map((each) => ({ ...each, value: prefix + each.value })), files: false };
}

function describeOption(option: Option): Candidate {
  return { value: option.long ?? option.flags, description: option.description };
}

/** An alias is offered where no name begins so: most are another word for what is offered already. */
function commandsOf(commands: readonly Command[], typed: string): Completions {
  const named = beginning(
    typed,
    commands.map((each) => describeCommand(each)),
  );
  if (named.candidates.length > 0) return named;
  return beginning(
    typed,
    commands.flatMap((each) => each.aliases().map((alias) => describeCommand(each, alias))),
  );
}

function describeCommand(command: Command, value = command.name()): Candidate {
  return { value, description: command.description().split('\n')[0] ?? '' };
}

/** Names a command without the CLI’s own name: `keys list`. */
export function pathOf(command: Command): string {
  if (command.parent === null) return '';
  return `${pathOf(command.parent)} ${command.name()}`.trim();
}
