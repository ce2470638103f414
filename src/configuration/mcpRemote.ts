import { PACKAGE_RUNNERS, programName, unwrapCommandLine } from './commandLine.ts';

/** A remote server that a client reaches through a local process, because it knows stdio only. */
export interface McpRemote {
  readonly url: string;
  /** Undefined when the arguments leave it open. */
  readonly transport: 'http' | 'sse' | undefined;
  /** As they stand; one may be there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What the command line itself sets. */
  readonly env: Readonly<Record<string, string>>;
  /** Options that have no meaning without the process. */
  readonly ignored: readonly string[];
  /** True where an argument after --header is none. */
  readonly hasFaultyHeader: boolean;
}

const PACKAGE = /^(?:npm:)?mcp-remote(?:@[\w.^~<>=*-]+)?$/;
const SCRIPT =
  /[\\/]mcp-remote[\\/](?:dist[\\/])?(?:proxy|index)\.[cm]?js$|[\\/]\.bin[\\/]mcp-remote(?:\.cmd|\.ps1)?$/i;

const WITH_VALUE = new Set(
  [
    '--header --transport --host --ignore-tool --resource --auth-timeout --static-oauth-client-metadata',
    '--static-oauth-client-info --callback-port --log-file',
  ].flatMap((names) => names.split(' ')),
);
/** Options about the process alone, of which nobody has to know. */
const QUIET = new Set([
  '--header',
  '--transport',
  '--allow-http',
  '--debug',
  '--silent',
  '--host',
  '--callback-port',
  '--log-file',
]);

/**
 * Reads `npx -y mcp-remote URL --header 'Name: value'`, as Claude Desktop’s files have it, also within `cmd /c` and other
 * wrappers. @returns undefined for any other command
 */
export function readMcpRemote(command: string, args: readonly string[]): McpRemote | undefined {
  const line = unwrapCommandLine(command, args);
  const rest = argumentsOf(line.command, line.args);
  if (rest === undefined) return undefined;
  const headers: [name: string, value: string][] = [];
  const positional: string[] = [];
  const ignored: string[] = [];
  let transport: McpRemote['transport'];
  let hasFaultyHeader = false;
  for (let at = 0; at < rest.length; at += 1) {
    const arg = rest[at] ?? '';
    if (!arg.startsWith('--')) {
      positional.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const option = equals === -1 ? arg : arg.slice(0, equals);
    const takesNext = equals === -1 && WITH_VALUE.has(option);
    const value = equals === -1 ? (takesNext ? rest[at + 1] : undefined) : arg.slice(equals + 1);
    if (takesNext) at += 1;
    if (!QUIET.has(option)) ignored.push(option);
    if (option === '--transport')
      transport = /^sse/.test(value ?? '') ? 'sse' : value === 'http-only' ? 'http' : undefined;
    if (option !== '--header') continue;
    const colon = value?.indexOf(':') ?? -1;
    if (value === undefined || colon < 1) hasFaultyHeader = true;
    else headers.push([value.slice(0, colon).trim(), value.slice(colon + 1).trim()]);
  }
  const url = positional.find((arg) => !/^\d+$|^-/.test(arg));
  if (url === undefined) return undefined;
  return { url, transport, headers, env: line.env, ignored, hasFaultyHeader };
}

/** What follows mcp-remote; undefined where it is not what is started. */
function argumentsOf(command: string, args: readonly string[]): readonly string[] | undefined {
  if (programName(command) === 'mcp-remote' || SCRIPT.test(command)) return args;
  if (!PACKAGE_RUNNERS.has(programName(command))) return undefined;
  // `npx -p mcp-remote mcp-remote URL` names it twice.
  const at = args.findIndex(
    (arg, place) => (PACKAGE.test(arg) || SCRIPT.test(arg)) && !PACKAGE.test(args[place + 1] ?? ''),
  );
  return at === -1 ? undefined : args.slice(at + 1);
}
