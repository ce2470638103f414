import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** metamcp-cli on one state folder; disposing of it ends the command under way and allows no other. */
export interface Cli extends AsyncDisposable {
  /** Runs a command and reads its answer. @throws Error with what it printed, when it fails */
  run(args: readonly string[]): Promise<unknown>;
}

/** Makes what runs commands, one at a time. */
export function createCli(home: string, gatewayUrl: string): Cli {
  const execute = promisify(execFile);
  const ending = new AbortController();
  let idle: Promise<unknown> = Promise.resolve();
  return {
    async run(args) {
      ending.signal.throwIfAborted();
      const command = execute(process.execPath, [CLI, '--json', ...args], {
        cwd: home,
        env: {
          PATH: process.env['PATH'],
          METAMCP_HOME: home,
          SERVER_PORT: new URL(gatewayUrl).port,
          // What the CLI remembers to start faster goes with the rest.
          XDG_CACHE_HOME: join(home, 'cache'),
        },
        signal: ending.signal,
      });
      idle = once(command.child, 'exit');
      const { stdout } = await command;
      return JSON.parse(stdout) as unknown;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await idle;
    },
  };
}
