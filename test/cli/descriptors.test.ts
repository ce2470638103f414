import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-descriptors-'));
  // For the user that PostgreSQL runs as when we are root.
  await chmod(home, 0o755);
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs the CLI with at most so many open files. */
function run(files: number): Promise<{ code: unknown; stderr: string }> {
  const script = `ulimit -n ${String(files)} && exec "$0" cli/main.ts keys list`;
  const env = { PATH: process.env['PATH'], HOME: home, METAMCP_HOME: join(home, String(files)) };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', script, process.execPath], { env, timeout: 60_000 }, (error, _stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
  });
}

// Each breaks another step: a program that can't be started, the search for a folder, PostgreSQL's own limit.
test.each([24, 28, 32, 48])(
  'with %i open files at most, a first command says what to raise, and ends',
  async (files) => {
    const { code, stderr } = await run(files);
    expect(stderr).toMatch(/ulimit -n/);
    expect(stderr).not.toMatch(/fault in MetaMCP|^\s+at /m);
    expect(code).toBe(3);
  },
);
