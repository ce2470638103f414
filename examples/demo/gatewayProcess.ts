import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const logLine = z.object({ msg: z.string(), url: z.string().optional() });

/** A gateway in a process of its own, as `npm start` runs it; disposing of it waits for its end. */
export interface GatewayProcess extends AsyncDisposable {
  /** Rejects with what it logged, when it ends before it is ready. */
  readonly ready: Promise<{
    readonly url: string;
    /** From the start of the process until it was ready, in milliseconds. */
    readonly readyMs: number;
  }>;
}

/** Starts `npm start`'s program on a state folder and a free port; its other settings are the defaults. */
export function startGatewayProcess(home: string): GatewayProcess {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    cwd: home,
    env: { PATH: process.env['PATH'], METAMCP_HOME: home, SERVER_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const url = new Promise<string>((resolve, reject) => {
    lines.on('line', (text) => {
      log.push(text);
      const parsed = text.startsWith('{') ? logLine.safeParse(JSON.parse(text)) : undefined;
      if (parsed?.data?.url !== undefined) resolve(parsed.data.url);
    });
    lines.on('close', () => {
      reject(new Error(`The gateway ended before it was ready:\n${log.join('\n')}`));
    });
  });
  return {
    ready: url.then((ready) => ({ url: ready, readyMs: performance.now() - began })),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
