import { programName, STARTERS, withoutWindowsShell, wordsOf } from './commandLine.ts';
import { Faulty } from './faulty.ts';

/** What starts a server on the machine of a gateway. */
export interface LocalCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** What people should know: sentences. */
  readonly notes: readonly string[];
}

/** Shells nest: powershell -Command cmd /c npx … */
const MAX_SHELLS = 8;

/** What only a shell does: another command, a pipe, a redirection, its own variables. */
const SHELL_SYNTAX = /^(?:&&|\|\||[&|;<>]|\d?>>?)|(?:&&|\|\||[&|;])$/;
const SHELL_COMMANDS: ReadonlySet<string> = new Set(['set', 'cd', 'chdir', 'pushd', 'start', 'if', 'for', '$env:']);

/**
 * Makes of a client's command what runs without Windows: `cmd /c npx.cmd -y server` is `npx -y server`. Clients on Windows need
 * the shell, because npx is a script there.
 * @throws Faulty `command-not-portable`
 */
export function localCommand(command: string, args: readonly string[]): LocalCommand {
  let words: readonly string[] = wordsOf(command, args);
  const shells: string[] = [];
  for (let count = 0; count < MAX_SHELLS; count += 1) {
    const inner = withoutWindowsShell(words) ?? withoutWsl(words);
    if (inner === undefined || inner.length === 0) break;
    shells.push(programName(words[0] ?? '').replace(/^%comspec%$/, 'cmd'));
    words = wordsOf(inner[0] ?? '', inner.slice(1));
  }
  const [program = command, ...rest] = words;
  // A shell without a command of its own waits for a person.
  if (/^(?:cmd|powershell|%comspec%)$/i.test(programName(program))) {
    throw new Faulty(
      'refuse',
      'command-not-portable',
      'its command is a shell of Windows; write the program and its arguments',
    );
  }
  const isScript = words.some((word) => SHELL_SYNTAX.test(word)) || SHELL_COMMANDS.has(program.toLowerCase());
  if (shells.length > 0 && isScript) {
    const message = `its command is a script for ${shells.join(' and ')}, not a program; write the program and its arguments`;
    throw new Faulty('refuse', 'command-not-portable', message);
  }
  const own = withoutWindowsEnding(program);
  return {
    command: own,
    args: rest,
    notes: [
      ...(shells.length === 0 ? [] : [`started without ${shells.join(' and ')}, which only Windows needs`]),
      ...(own !== program && shells.length === 0 ? [`its ${programName(program)} is looked for in PATH`] : []),
      ...(/^[A-Za-z]:[\\/]|^\\\\/.test(own)
        ? ['its command is a path of Windows; a gateway elsewhere finds nothing there']
        : []),
    ],
  };
}

/** Linux within Windows: what follows runs as it stands. */
function withoutWsl([command = '', ...args]: readonly string[]): string[] | undefined {
  if (programName(command) !== 'wsl') return undefined;
  let at = 0;
  for (; (args[at] ?? '').startsWith('-'); at += 1) {
    const option = args[at] ?? '';
    if (option === '--' || option === '-e' || option === '--exec') return args.slice(at + 1);
    if (/^(?:-d|-u|--distribution|--user|--cd)$/.test(option)) at += 1;
  }
  return args.slice(at);
}

/** Windows finds npx as npx.cmd. A program that everybody has is looked for in PATH, wherever a client has it. */
function withoutWindowsEnding(program: string): string {
  const name = programName(program);
  if (!/\.(?:cmd|bat|ps1|exe)$/i.test(program)) return program;
  if (STARTERS.has(name)) return name;
  return /[\\/]|\.exe$/i.test(program) ? program : program.replace(/\.\w+$/, '');
}
