import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Unavailable } from '../../errors/appError.ts';
import { remedyFor } from '../../errors/systemError.ts';
import type { Logger } from '../../logging/logger.ts';
import { findProgram } from './findProgram.ts';
import { readStandardStreams, readStart } from './processTable.ts';
import { Program } from './program.ts';
import { programEnvironment } from './programEnvironment.ts';
import type { StdioSettings } from './stdioSettings.ts';
import { Watcher } from './watcher.ts';

/** What each process of a program may take. Undefined: what the gateway itself may. */
export interface ProgramLimits {
  /** Memory that it writes to (RLIMIT_DATA), for each of its processes. */
  readonly memoryBytes?: number | undefined;
  readonly openFiles?: number | undefined;
  /** Processes of the whole user (RLIMIT_NPROC), as the system counts them; root has no such limit. */
  readonly processes?: number | undefined;
}

/** A program to start. */
export interface ProgramSpec {
  /** The server's name. */
  readonly server: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The working directory. (Default: `/`) */
  readonly cwd?: string | undefined;
  /** The configured environment. Secrets go here: arguments can be read by every user of the machine. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: ProgramLimits | undefined;
}

export interface ProgramsOptions {
  /** The gateway's own environment, of which programs get little. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly settings: Pick<StdioSettings, 'stdinGraceMs' | 'termGraceMs' | 'hastened' | 'sweepMs'>;
  readonly logger: Logger;
}

/**
 * Lowers the limits and becomes the program. A limit above the one that holds already can't be set, and changes nothing.
 * Where setpriv(1) can do it, the kernel tells the program of the gateway's end even when the watcher is gone, too.
 */
const LAUNCHER = `
limit() { [ -z "$2" ] || ulimit "$1" "$2" 2>/dev/null || true; }
limit -d "$1"
limit -n "$2"
if [ -n "$3" ]; then ulimit -u "$3" 2>/dev/null || ulimit -p "$3" 2>/dev/null || true; fi
shift 3
if setpriv --pdeathsig TERM true 2>/dev/null; then exec setpriv --pdeathsig TERM -- "$@"; fi
exec "$@"
` as const;

/** The programs of this process. Disposing stops them all. */
export class Programs implements AsyncDisposable {
  readonly #options: ProgramsOptions;
  readonly #watcher: Watcher;
  /** Begins every mark of this process. */
  readonly #id = randomBytes(12).toString('hex');
  readonly #running = new Set<Program>();
  readonly #hastening = new AbortController();
  #count = 0;
  #isClosed = false;

  constructor(options: ProgramsOptions) {
    this.#options = options;
    this.#watcher = new Watcher(options);
  }

  /**
   * Starts a program in a session and process group of its own, with pipes for its streams.
   * @throws Invalid `environment-invalid`; Unavailable `upstream-command-unusable`, `upstream-closed`
   */
  async start(spec: ProgramSpec): Promise<Program> {
    const { server, args, cwd = '/', limits = {} } = spec;
    const { inherited, settings, logger } = this.#options;
    const mark = `${this.#id}.${String(++this.#count)};`;
    const env = programEnvironment(server, inherited, spec.env, mark);
    const file = await findProgram({ server, command: spec.command, cwd, path: env['PATH'] ?? '' });
    try {
      await this.#watcher.ready();
      if (this.#isClosed) throw new Unavailable('upstream-closed', 'The gateway stops.', { data: { server } });
      const child = spawn('/bin/sh', ['-c', LAUNCHER, 'metamcp-server', ...limitArguments(limits), file, ...args], {
        cwd,
        env,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const spawned = once(child, 'spawn');
      if (child.pid !== undefined) {
        const { pid } = child;
        this.#watcher.watch({ mark, pid, startedAt: readStart(pid), pipes: pipesOf(pid) });
      }
      await spawned;
      const program = new Program({
        child,
        pid: child.pid ?? 0,
        settings,
        hastened: this.#hastening.signal,
        look: () => this.#watcher.look(mark),
        sweep: async () => {
          const left = await this.#watcher.end(mark);
          if (left.length > 0) logger.error({ server, pids: left }, 'processes of an MCP server can’t be ended');
        },
      });
      this.#running.add(program);
      void program.swept.then(() => this.#running.delete(program));
      return program;
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      const message = `The server "${server}" can’t be started.${remedyFor(error)}`;
      throw new Unavailable('upstream-command-unusable', message, { data: { server }, cause: error });
    }
  }

  /** This process is about to end: from now on programs that are stopped, also those that are being stopped, get less time. */
  hasten(): void {
    this.#hastening.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.hasten();
    await Promise.all([...this.#running].map((program) => program.stop()));
    await this.#watcher[Symbol.asyncDispose]();
  }
}

function limitArguments({ memoryBytes, openFiles, processes }: ProgramLimits): string[] {
  const kilobytes = memoryBytes === undefined ? undefined : Math.ceil(memoryBytes / 1024);
  return [kilobytes, openFiles, processes].map((limit) => (limit === undefined ? '' : String(limit)));
}

/** Its standard streams, which are pipes (sockets, as Node makes them) that no other process has. */
function pipesOf(pid: number): string[] {
  return readStandardStreams(pid).filter((stream) => /^(pipe|socket):/.test(stream));
}
