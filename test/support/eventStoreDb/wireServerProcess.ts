import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from '../programEnvironment.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** A server in a process of its own: to be stopped, killed, or kept out of what is measured. */
export interface WireServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
}

/** @param args See main.ts. @throws Error when it ends before it is ready */
export async function startWireServerProcess(...args: string[]): Promise<WireServerProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: PROGRAM_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('the server ended before it was ready')));
  });
  return {
    url,
    pid: child.pid!,
    exited,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      // Also a process that is stopped ends with this.
      child.kill('SIGKILL');
      await exited;
    },
  };
}
