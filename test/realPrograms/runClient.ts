import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

/** Runs a client that is a program of Node to its end. @returns what it prints, read as JSON @throws Error with its output when it fails */
export async function runClient(home: string, file: string, args: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, ...args], {
    cwd: home,
    env: { ...PROGRAM_ENVIRONMENT, HOME: home },
    maxBuffer: 16 * 1024 * 1024,
  });
  try {
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    throw new Error(`not JSON: ${stdout}\n${stderr}`, { cause });
  }
}
