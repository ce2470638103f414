import { present } from '../../../src/administration/present.ts';
import type { PlainSettings } from '../../../src/administration/serverInput.ts';
import type { Transport } from '../../../src/events/mcpServer.ts';
import { misuse } from '../../input/misuse.ts';

/** The options of `servers add` and `servers update`. Durations in milliseconds. */
export interface ServerOptions {
  readonly url?: string;
  readonly transport?: Exclude<Transport, 'stdio'>;
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly title?: string;
  readonly description?: string;
  readonly isolation?: PlainSettings['isolation'];
  readonly connectTimeout?: number;
  readonly idleTimeout?: number;
  readonly totalTimeout?: number;
  readonly maxInFlight?: number;
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
export function settingsWith(
  options: ServerOptions,
  commandLine: readonly string[] | undefined,
  base: Base,
): PlainSettings {
  const reached = address(options, commandLine, base);
  if (reached.transport === 'stdio' && options.header !== undefined) {
    throw misuse('--header is for servers with a URL.');
  }
  if (reached.transport !== 'stdio' && options.env !== undefined) {
    throw misuse('--env is for servers that are started by a command.');
  }
  const title = options.title ?? base.title ?? '';
  const description = options.description ?? base.description ?? '';
  return {
    ...reached,
    ...(title === '' ? {} : { title }),
    ...(description === '' ? {} : { description }),
    isolation: options.isolation ?? base.isolation,
    limits: {
      ...base.limits,
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

/** How it is reached: by URL or by command. @throws Invalid `usage` */
function address(options: ServerOptions, commandLine: readonly string[] | undefined, base: Base) {
  const { url = base.url, transport, cwd = base.cwd } = options;
  if (commandLine !== undefined) {
    const [command, ...args] = commandLine;
    if (command === undefined) throw misuse('After -- comes the command that starts the server.');
    if (options.url !== undefined || transport !== undefined) {
      throw misuse('A server has either a URL or a command: give --url, or the command after --.');
    }
    return { transport: 'stdio' as const, command, args, ...(cwd === undefined ? {} : { cwd }) };
  }
  if (base.transport === 'stdio' && options.url === undefined) {
    if (transport !== undefined) throw misuse('--transport is for servers with a URL: give --url, too.');
    const { command, args } = base;
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
