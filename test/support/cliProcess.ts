import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from './programEnvironment.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** What one command did. */
export interface Ended {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command in a process of its own, as users run it. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ended>;
}

/** Starts the CLI. @param settings all that it gets */
export function startCli(argv: readonly string[], settings: Readonly<Record<string, string>>, cwd: string): CliProcess {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd,
    env: { ...PROGRAM_ENVIRONMENT, XDG_CACHE_HOME: cwd, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr]): Ended => ({ code: child.exitCode, stdout, stderr }),
  );
  return { child, ended };
}
