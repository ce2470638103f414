import { resolve } from 'node:path';
import { present } from '../../../src/administration/present.ts';
import type { PlainSettings } from '../../../src/administration/serverInput.ts';
import { revealingAddress } from '../../../src/configuration/shownSecrets.ts';
import { keptOnToolChange, type OnToolChange, type Transport } from '../../../src/events/mcpServer.ts';
import type { Cli } from '../../cli.ts';
import { parseServerLimits } from '../../input/limits.ts';
import { misuse } from '../../input/misuse.ts';

/** The options of `servers add` and `servers update`. Durations in milliseconds. */
export interface ServerOptions {
  readonly url?: string;
  readonly transport?: Transport;
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly cwd?: string;
  readonly title?: string;
  readonly description?: string;
  readonly isolation?: PlainSettings['isolation'];
  readonly onToolChange?: OnToolChange;
  readonly connectTimeout?: number;
  readonly idleTimeout?: number;
  readonly totalTimeout?: number;
  readonly maxInFlight?: number;
  readonly limit?: readonly string[];
  readonly memoryLimit?: number;
  readonly openFiles?: number;
  readonly processes?: number;
  readonly restarts?: number;
  readonly idleStop?: number;
  readonly dryRun?: boolean;
}

/** The settings before any option: those without an option stay. */
type Base = Pick<PlainSettings, 'isolation' | 'limits' | 'timeouts' | 'title' | 'description'> & Partial<PlainSettings>;

/** Puts the options over the settings before; an empty title or description goes. @throws Invalid `usage` */
export function settingsWith(options: ServerOptions, cli: Pick<Cli, 'commandLine' | 'cwd'>, base: Base): PlainSettings {
  const reached = address(options, cli, base);
  if (reached.transport === 'stdio' && options.header !== undefined) {
    throw misuse('--header is for servers with a URL.');
  }
  if (reached.transport !== 'stdio' && (options.env ?? options.envFile) !== undefined) {
    throw misuse('--env and --env-file are for servers that are started by a command.');
  }
  const rates = parseServerLimits(options.limit) ?? base.limits.rates ?? [];
  const title = options.title ?? base.title ?? '';
  const description = options.description ?? base.description ?? '';
  return {
    ...reached,
    ...(title === '' ? {} : { title }),
    ...(description === '' ? {} : { description }),
    isolation: options.isolation ?? base.isolation,
    ...keptOnToolChange(options.onToolChange ?? base.onToolChange),
    limits: {
      ...withoutRates(base.limits),
      ...(rates.length === 0 ? {} : { rates }),
      ...present({
        maxInFlight: options.maxInFlight,
        memoryBytes: options.memoryLimit,
        openFiles: options.openFiles,
        processes: options.processes,
        restarts: options.restarts,
      }),
    },
    timeouts: {
      ...base.timeouts,
      ...present({
        connectMs: options.connectTimeout,
        idleMs: options.idleTimeout,
        totalMs: options.totalTimeout,
        idleStopMs: options.idleStop,
      }),
    },
  };
}

function withoutRates({ rates: _rates, ...limits }: Base['limits']): Base['limits'] {
  return limits;
}

/** How it is reached: by URL or by command. @throws Invalid `usage` */
function address(options: ServerOptions, { commandLine, cwd: here }: Pick<Cli, 'commandLine' | 'cwd'>, base: Base) {
  const { url = base.url, transport } = options;
  const folder = options.cwd === undefined ? undefined : resolve(here, options.cwd);
  if (commandLine !== undefined) {
    const [command, ...args] = commandLine;
    if (command === undefined) throw misuse('After -- comes the command that starts the server.');
    if (options.url !== undefined || (transport !== undefined && transport !== 'stdio')) {
      throw misuse('A server has either a URL or a command: give --url, or the command after --.');
    }
    checkCommand(command, args);
    // A command works where it was tried out, whichever folder the gateway is started in.
    const cwd = folder ?? (base.transport === 'stdio' ? base.cwd : undefined) ?? here;
    return { transport: 'stdio' as const, command, ...(args.length === 0 ? {} : { args }), cwd };
  }
  if (transport === 'stdio' && (base.transport !== 'stdio' || options.url !== undefined)) {
    throw misuse('A server of stdio has no URL but a command: give it after --.');
  }
  if (base.transport === 'stdio' && options.url === undefined) {
    if (transport !== undefined && transport !== 'stdio') throw misuse(`--transport ${transport} needs --url, too.`);
    const { command, args } = base;
    const cwd = folder ?? base.cwd;
    return {
      transport: 'stdio' as const,
      ...(command === undefined ? {} : { command }),
      ...(args === undefined ? {} : { args }),
      ...(cwd === undefined ? {} : { cwd }),
    };
  }
  if (url === undefined) throw misuse('Say where the server is: --url URL, or its command after --.');
  if (options.cwd !== undefined) throw misuse('--cwd is for servers that are started by a command.');
  const before = base.transport === 'stdio' ? undefined : base.transport;
  return { transport: transport ?? before ?? ('http' as const), url };
}

/** Refuses what can't be a program, and is one of the usual slips. @throws Invalid `usage`, which repeats no argument */
function checkCommand(command: string, args: readonly string[]): void {
  if (/^https?:\/\//i.test(command)) throw misuse('After -- comes a command; a URL is given by --url.');
  if (/^[A-Za-z_]\w*=/.test(command)) throw misuse('A variable is given by --env NAME=value, before the --.');
  if (args.length === 0 && /^[^\s/]+\s+\S/.test(command)) {
    throw misuse('The command and its arguments are words of their own: leave out the quotes around all of them.');
  }
}

/** Warns of what looks like a secret where everybody can read it. */
export function warnOfAddress({ output }: Cli, name: string, settings: PlainSettings): void {
  for (const warning of revealingAddress(settings)) output.warn(`The server ${name}: ${warning}.`);
}
