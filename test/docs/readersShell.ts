import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const ROOT = new URL('../../', import.meta.url);

/** What a script did that may fail. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell in the repository's folder, with an installation of its own, whose exports outlast each script. */
export interface ReadersShell extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a script to its first failure. @throws Error with its output when it fails */
  run(script: string): Promise<string>;
  /** As `run`, for what may fail; its exports end with it. @param env over the shell's own */
  attempt(script: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
}

/** Opens a shell. @param prepare turns a document's script into one for this machine */
export async function openReadersShell(options: {
  env?: Readonly<Record<string, string>>;
  prepare: (script: string) => string;
}): Promise<ReadersShell> {
  const folder = await mkdtemp(join(memoryFolder(), 'metamcp-reader-'));
  await chmod(folder, 0o755);
  const secret = (): string => randomBytes(32).toString('base64');
  let env: Record<string, string> = {
    ...PROGRAM_ENVIRONMENT,
    HOME: folder,
    METAMCP_HOME: join(folder, 'state'),
    ENCRYPTION_KEY: secret(),
    JWT_SECRET: secret(),
    ...options.env,
  };
  const bash = (script: string, more: Readonly<Record<string, string>> = {}) =>
    promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: fileURLToPath(ROOT),
      env: { ...env, ...more },
      maxBuffer: 2 ** 26,
    });
  return {
    folder,
    get env() {
      return env;
    },
    async run(script) {
      const kept = join(folder, 'environment');
      const { stdout } = await bash(`${options.prepare(script)}\nenv -0 > '${kept}'`);
      env = Object.fromEntries(
        (await readFile(kept, 'utf8'))
          .split('\0')
          .filter((line) => line !== '')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return stdout;
    },
    async attempt(script, more) {
      try {
        return { code: 0, ...(await bash(options.prepare(script), more)) };
      } catch (error) {
        const failed = error as Ran;
        if (typeof failed.code !== 'number') throw error;
        return failed;
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
