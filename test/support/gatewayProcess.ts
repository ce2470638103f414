import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from './programEnvironment.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A gateway in a process of its own, as users run it, to be killed. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** The exit code and the signal that ended it. */
  readonly exited: Promise<unknown>;
  /** What it has logged. */
  readonly log: readonly string[];
  /** Nobody reads its log until it is resumed. */
  pauseLog(): void;
  resumeLog(): void;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the program (Default: the sources) on a state folder. @throws Error with its log when it ends before it is ready */
export async function startGatewayProcess(options: {
  home: string;
  program?: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [options.program ?? MAIN, ...(options.args ?? [])], {
    cwd: options.home,
    env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: options.home, SERVER_PORT: '0', ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (text) => {
      log.push(text);
      const ready = /"url":"([^"]+)".*"msg":"MetaMCP is ready"/.exec(text)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    lines.on('close', () => reject(new Error(`the gateway ended:\n${log.join('\n')}`)));
  });
  return {
    url,
    pid: child.pid!,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    exited,
    log,
    pauseLog: () => void child.stderr.pause(),
    resumeLog: () => void child.stderr.resume(),
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
