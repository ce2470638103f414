import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp-main-'));
  // Refused before any store is opened.
  await writeFile(join(folder, 'own.toml'), 'log_level = "loud"\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the gateway's program, which is to end by itself. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

it('a gateway reads the settings of the file that --config or METAMCP_CONFIG names [ops-gateway-options]', async () => {
  const ways = [
    run(['--config', 'own.toml']),
    run(['--config=own.toml']),
    run([], { METAMCP_CONFIG: 'own.toml' }),
    run(['--config', 'own.toml'], { METAMCP_CONFIG: 'no-such.toml' }),
  ];
  for (const ended of await Promise.all(ways)) {
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/log_level .* must be/) });
  }
});

it('a gateway says how it is started, and ends with 2 where it is started otherwise [ops-gateway-options]', async () => {
  const [help, version, unknown] = await Promise.all([run(['--help']), run(['--version']), run(['--port', '1'])]);
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--config FILE') });
  expect(version).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("'--port'") });
});
