import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

/** A program of this folder in a process of its own, killed at the end. */
export interface Child extends AsyncDisposable {
  /** Waits until it prints this line. */
  prints(line: string): Promise<void>;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  readonly exited: Promise<unknown>;
}

export function startChild(file: string, ...args: readonly string[]): Child {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], {
    env: PROGRAM_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  const said = new Set<string>();
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.add(line));
  return {
    exited,
    async prints(line) {
      while (!said.has(line)) {
        const ended = await Promise.race([once(lines, 'line').then(() => false), exited.then(() => true)]);
        if (ended && !said.has(line)) throw new Error(`${file} ended before it said ${line}`);
      }
    },
    signal: (name) => child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
