import { Unavailable } from '../../errors/appError.ts';

/** Lines that go along with a failure: a stack trace, or what a package manager says. */
const SHOWN_LINES = 10;

/** The command of a server, for remedies. */
export interface StartedCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** What programs print that shows what to do. The first that fits is taken. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /\bE404\b|not found in the (?:package )?registry|No matching distribution|pull access denied|manifest unknown/i,
    'There is no such package: check its name and version.',
  ],
  [
    /\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH|ETIMEDOUT)\b|getaddrinfo|dns error|Temporary failure in name resolution/i,
    'It could not reach the network: check the name, the network, or a proxy’s variables.',
  ],
  [
    /Cannot find module|Module not found|can't open file|No such file or directory|\bENOENT\b|No module named/i,
    'A file or module is missing: check the paths in its command and the working directory, and install what it needs.',
  ],
  [/\bEACCES\b|permission denied/i, 'This user may not use what it needs: correct its owner and mode.'],
  [
    /\bEADDRINUSE\b|address already in use/i,
    'It opens a port that another program has: end that one, or choose another port.',
  ],
  [
    /\b(?:api[_ -]?key|token|secret|credentials?|environment variable|env var)\b|\b[A-Z][A-Z\d_]*_(?:KEY|TOKEN|SECRET|PASSWORD|URL|ID)\b/i,
    'It seems to want a variable of its environment: configure it.',
  ],
  [
    /\b(?:listening|running|started|serving)\b.*(?:\bport\b|https?:|:\d{2,5}\b)|https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0)/i,
    'It seems to serve HTTP: register its URL, or start it with the argument for stdio.',
  ],
  [
    /^(?:stdout: )?usage:|unknown (?:option|argument|command)|unrecognized argument/im,
    'Its arguments are not what it takes: correct them.',
  ],
];

/**
 * Completes the failure of a start: with the last lines that the program has printed (`stderr` in its data), and with a remedy.
 * @param printed what it has printed for people, oldest first, fit to be shown
 */
export function startFailure(error: Unavailable, printed: readonly string[], command: StartedCommand): Unavailable {
  const remedy = remedyOf(error, printed, command);
  return new Unavailable(error.code, `${error.message} ${remedy}`, {
    data: { ...error.data, ...(printed.length > 0 && { stderr: printed.slice(-SHOWN_LINES) }) },
    cause: error,
  });
}

/** Programs that fetch what they run. */
const FETCHES = /(?:^|\/)(?:npx|npm|pnpm|pnpx|bunx|yarn|uvx|uv|pipx|dnx|docker|podman)$/;

/** Says why a program that runs may be silent, and what to do. */
function silenceRemedy(printed: readonly string[], { command, args }: StartedCommand): string {
  const known = knownRemedy(printed);
  if (known !== undefined) return known;
  if (/(?:^|\/)(?:docker|podman)$/.test(command) && args.includes('run') && !args.some(isInteractive)) {
    return `${command} run needs -i, or the program gets no input.`;
  }
  if (printed.length === 0 && FETCHES.test(command)) {
    return `${command} may still be fetching the package: give it more time, or run its command once by hand to see what it waits for.`;
  }
  return 'It runs, and does not speak MCP on its standard output: check that its arguments choose stdio, or give it more time.';
}

function remedyOf(error: Unavailable, printed: readonly string[], command: StartedCommand): string {
  if (error.code !== 'upstream-process-ended') return silenceRemedy(printed, command);
  const known = knownRemedy(printed);
  if (known !== undefined) return known;
  return printed.length === 0
    ? 'It printed nothing: check that it is an MCP server, and that its arguments choose stdio.'
    : 'Correct what it says, or run its command by hand to see more.';
}

function knownRemedy(printed: readonly string[]): string | undefined {
  const text = printed.join('\n');
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1];
}

function isInteractive(arg: string): boolean {
  return arg === '--interactive' || /^-[a-z]*i[a-z]*$/.test(arg);
}

/** Lines around an error that say nothing of it: frames of a stack, braces, Node's version. */
const AROUND =
  /^(?:stdout: )?(?:at |Node\.js v\d|[\^{}\])\s]*$|code: '|requireStack: |npm (?:error|ERR!)\s+(?:A complete log|\/)|Traceback )/;
const TELLING =
  /\b\w*(?:Error|Exception)\b|\b(?:error|fatal|cannot|can't|missing|required|denied|invalid|not found|failed)\b/i;

/** Finds the line that tells most of why a program has ended. @param printed oldest first */
export function tellingLine(printed: readonly string[]): string | undefined {
  const lines = printed.filter((line) => !AROUND.test(line));
  return lines.findLast((line) => TELLING.test(line)) ?? lines.at(-1) ?? printed.at(-1);
}
