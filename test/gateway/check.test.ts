import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SECRET = 'dGhpcyBpcyBhIHNlY3JldCBvZiAzMiBieXRlcyBoZXJl';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp-check-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'check', ...args], {
    cwd: folder,
    env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: join(folder, 'home'), SERVER_PORT: '0', ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}

test('metamcp check shows each setting with its source, hides secrets, and changes nothing [ops-check]', async () => {
  const file = join(folder, 'jwt');
  await writeFile(file, SECRET);
  await chmod(file, 0o644);
  await writeFile(join(folder, '.env'), 'LOG_LEVEL=warn\n');
  await writeFile(join(folder, 'metamcp.toml'), '[stdio]\nmax_programs = 7\n');
  const env = { JWT_SECRET_FILE: file, METAMCP_CONFIG: 'metamcp.toml', SERVER_PROT: '1' };
  const { stdout, stderr, code } = await check(env, '--json');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).not.toContain(SECRET);
  const report = JSON.parse(stdout) as Record<'settings' | 'checks' | 'warnings' | 'ok', unknown>;
  expect(report.ok).toBe(true);
  expect(report.warnings).toEqual(['SERVER_PROT is no setting. Did you mean SERVER_PORT?']);
  expect(report.settings).toEqual(
    expect.arrayContaining([
      { name: 'LOG_LEVEL', member: 'log_level', value: 'warn', source: '.env', path: null },
      expect.objectContaining({ name: 'STDIO_MAX_PROGRAMS', value: 7, source: 'file' }),
      expect.objectContaining({ name: 'JWT_SECRET', value: '(hidden)', source: 'environment', path: file }),
      expect.objectContaining({ name: 'SERVER_HOST', value: '127.0.0.1', source: 'default' }),
    ]),
  );
  expect(report.checks).toEqual([
    expect.objectContaining({ part: 'port', status: 'ok' }),
    expect.objectContaining({ part: 'secrets', status: 'ok' }),
    expect.objectContaining({ part: 'state folder', status: 'ok' }),
    expect.objectContaining({ part: file, status: 'warning' }),
  ]);
  expect(existsSync(join(folder, 'home'))).toBe(false);
});

test('metamcp check finds what a start would find, all at once [ops-check]', async () => {
  const wrong = await check({ SERVER_PORT: 'http', LOG_LEVEL: 'loud' });
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain('SERVER_PORT is "http"');
  expect(wrong.stdout).toContain('LOG_LEVEL is "loud"');

  const other = createServer((_req, res) => res.end('no gateway')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  const away = await check({
    SERVER_PORT: port,
    DATABASE_URL: 'postgresql://metamcp:hush-hush@127.0.0.1:1/metamcp',
    EVENT_STORE_URL: 'esdb://admin:hush-hush@127.0.0.1:1?tls=false',
    JWT_SECRET: SECRET,
    ENCRYPTION_KEY: 'short',
  });
  other.close();
  expect(away.code).toBe(1);
  expect(away.stdout).toMatch(/^failed {3}port: /m);
  expect(away.stdout).toMatch(/^failed {3}secrets: ENCRYPTION_KEY must be 32 random bytes/m);
  expect(away.stdout).toMatch(/^failed {3}database: /m);
  expect(away.stdout).toMatch(/^failed {3}event store: /m);
  expect(away.stdout).not.toContain('hush-hush');
});
