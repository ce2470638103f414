import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** Runs a command of metamcp-cli on a state folder and reads its answer. @throws Error with what it printed, when it fails */
export function createCli(home: string, gatewayUrl: string): (args: readonly string[]) => Promise<unknown> {
  const run = promisify(execFile);
  return async (args) => {
    const { stdout } = await run(process.execPath, [CLI, '--json', ...args], {
      cwd: home,
      env: { PATH: process.env['PATH'], METAMCP_HOME: home, SERVER_PORT: new URL(gatewayUrl).port },
    });
    return JSON.parse(stdout) as unknown;
  };
}
