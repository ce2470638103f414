import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from './composeFile.ts';

const LAUNCHER = fileURLToPath(new URL('bin/metamcp.cjs', ROOT));
const { FLAGS, VARIABLES } = createRequire(import.meta.url)('../../bin/boundedMemory.cjs') as {
  readonly FLAGS: readonly string[];
  readonly VARIABLES: Readonly<Record<string, string>>;
};

/** It is glibc's allocator that the variables are for; others have none of its arenas. */
const hasGlibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

/** Each process that runs the launcher says what it was started with. */
const TELL = `data:text/javascript,${encodeURIComponent(
  `const { pid, execArgv, env, argv } = process;
   console.error(JSON.stringify({ pid, flags: execArgv, options: env.NODE_OPTIONS, arenas: env.MALLOC_ARENA_MAX, given: argv.slice(2) }));`,
)}`;

interface Told {
  readonly pid: number;
  readonly flags: readonly string[];
  readonly arenas: string | undefined;
  readonly given: readonly string[];
}

/** Runs the launcher. @returns what its process was started with, the first time and as it went on */
async function started(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Told[]> {
  const command = ['--import', TELL, LAUNCHER, ...args];
  const { stderr } = await promisify(execFile)(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...env },
  });
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
}

/** Hashes as keys are when they are shown first, in all threads of libuv. @returns by how many bytes the process has grown */
async function grownByHashing(env: Readonly<Record<string, string>>): Promise<number> {
  const argon = fileURLToPath(new URL('src/auth/argon.ts', ROOT));
  const program = `
    const { createArgon } = await import(${JSON.stringify(argon)});
    const { hash } = createArgon({ concurrency: 4 });
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 8 }, () => hash('secret')));
    console.log(process.memoryUsage.rss() - before);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env });
  return Number(stdout);
}

describe('a gateway that is started by its launcher [ops-memory-bounded]', () => {
  it.skipIf(!hasGlibc)('gives back what hashing a key takes of memory', async () => {
    // Four threads that would keep 19 MiB each.
    expect(await grownByHashing(VARIABLES)).toBeLessThan(40 * 1024 ** 2);
  });

  it('begins again in its place, with bounds for its memory, and with all that it was given', async () => {
    const [first, then, ...others] = await started(['--version', '--workers', '2']);
    expect(others).toEqual([]);
    expect(then?.pid).toBe(first?.pid);
    expect(first?.flags).toEqual(['--import', TELL]);
    expect(then?.flags).toEqual([...FLAGS, '--import', TELL]);
    expect(then?.given).toEqual(['--version', '--workers', '2']);
    expect(then?.arenas).toBe(VARIABLES['MALLOC_ARENA_MAX']);
  });

  it('has the bounds of whoever sets their own', async () => {
    expect(await started(['--version'], { NODE_OPTIONS: '--max-semi-space-size=16' })).toHaveLength(1);
    expect((await started(['--version'], { MALLOC_ARENA_MAX: '7' }))[1]?.arenas).toBe('7');
  });

  it('keeps its connection to a parent that has one', async () => {
    const child = fork(LAUNCHER, ['--version'], { execArgv: ['--import', TELL], silent: true });
    let told = '';
    child.stderr?.on('data', (piece: Buffer) => (told += piece.toString()));
    await once(child, 'close');
    expect(told.trim().split('\n')).toHaveLength(1);
  });

  it('leaves commands as they are, which end soon', async () => {
    expect(await started(['cli', '--version'])).toHaveLength(1);
  });
});
