/** A program, its arguments, and the variables that the line sets for it. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Programs that start others, packages of npm among them. */
export const PACKAGE_RUNNERS: ReadonlySet<string> = new Set(
  'npx bunx pnpx pnpm npm yarn bun node deno volta mise npx-cli corepack fnm'.split(' '),
);
const WRAPPERS = 'cmd powershell pwsh sh bash zsh dash fish env exec call sudo nohup wsl mcp-remote'.split(' ');
/** What MCP servers in other languages are started with. */
const RUNTIMES = 'uvx uv pipx python python3 py docker podman dotnet java go ruby php cargo'.split(' ');
/** Programs that start others. */
export const STARTERS: ReadonlySet<string> = new Set([...PACKAGE_RUNNERS, ...WRAPPERS, ...RUNTIMES]);

/** Wrappers nest: cmd /c env A=1 npx … */
const MAX_WRAPPERS = 8;

/** Takes away what only starts the program: `cmd /c`, `powershell -Command`, `sh -c`, `env A=1`, and quotes around all of it. */
export function unwrapCommandLine(command: string, args: readonly string[]): CommandLine {
  let words = wordsOf(command, args);
  const env: Record<string, string> = {};
  for (let count = 0; count < MAX_WRAPPERS; count += 1) {
    const inner = withoutWrapper(words, env);
    if (inner === undefined || inner.length === 0) break;
    words = inner;
  }
  const [program = command, ...rest] = words;
  return { command: program, args: rest, env };
}

/** The words of a command line. A path may have spaces in it, so only what begins with a program that we know is taken apart. */
export function wordsOf(command: string, args: readonly string[]): string[] {
  const [first = '', ...more] = splitWords(command);
  return more.length > 0 && STARTERS.has(programName(first)) ? [first, ...more, ...args] : [command, ...args];
}

/** Names a program without its folder and ending: `C:\nodejs\npx.cmd` is npx. */
export function programName(command: string): string {
  const file = command.replace(/^.*[\\/]/s, '').replace(/^["']|["']$/g, '');
  return file.toLowerCase().replace(/\.(?:cmd|exe|ps1|bat|js|mjs|cjs)$/, '');
}

/** Takes away one shell of Windows: `cmd /c`, `powershell -Command`. @returns undefined where there is none */
export function withoutWindowsShell(words: readonly string[]): string[] | undefined {
  const [command = '', ...args] = words;
  switch (programName(command.replace(/^%(?:ComSpec)%$|^\$\{?(?:env:)?ComSpec\}?$/i, 'cmd'))) {
    case 'cmd':
      // Its escape is ^.
      return afterOption(
        args.flatMap((arg) => (/^\/\S+\s/.test(arg) ? splitWords(arg) : [arg])),
        /^\/(?:\w(?::\w+)?\/)*[ck]$/i,
      )?.map((word) => word.replace(/\^([&|<>^])/g, '$1'));
    case 'powershell':
    case 'pwsh':
      return afterOption(args, /^[-/]c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?$/i);
    default:
      return undefined;
  }
}

/** @returns undefined where nothing is wrapped */
function withoutWrapper(words: readonly string[], env: Record<string, string>): string[] | undefined {
  const windows = withoutWindowsShell(words);
  if (windows !== undefined) return windows;
  const [command = '', ...args] = words;
  switch (programName(command)) {
    case 'sh':
    case 'bash':
    case 'zsh':
    case 'dash':
    case 'fish': {
      // What follows the script are its own arguments.
      const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
      return at === -1 ? undefined : splitWords(args[at + 1] ?? '');
    }
    case 'env':
      return afterAssignments(args, env);
    case '&':
    case 'exec':
    case 'call':
    case 'sudo':
    case 'nohup':
    case 'wsl':
      return args;
    default:
      return /^[A-Za-z_][A-Za-z0-9_]*=/.test(command) ? afterAssignments(words, env) : undefined;
  }
}

function afterOption(args: readonly string[], option: RegExp): string[] | undefined {
  const at = args.findIndex((arg) => option.test(arg));
  if (at === -1) return undefined;
  const rest = args.slice(at + 1);
  const [only] = rest;
  return rest.length === 1 && only !== undefined ? splitWords(only) : rest;
}

function afterAssignments(args: readonly string[], env: Record<string, string>): string[] {
  let at = 0;
  for (; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(arg) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    else if (arg === '-u') at += 1;
    else if (arg === '-S' || arg === '--split-string')
      return [...splitWords(args[at + 1] ?? ''), ...args.slice(at + 2)];
    else if (!arg.startsWith('-')) break;
  }
  return args.slice(at);
}

/** Splits as shells do: quotes hold words together; `\` stays, for Windows’ paths have it. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  );
}
