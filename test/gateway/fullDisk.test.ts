import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount } from '../faults/fullDisk.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** Room for a cluster and some write-ahead log. */
const SIZE_MB = 300;

let folder: string;
let gateway: GatewayProcess;

interface Answered {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function cli(...args: string[]): Promise<Answered> {
  const child = spawn(process.execPath, [CLI, ...args, '--json'], {
    cwd: tmpdir(),
    env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: folder, XDG_CACHE_HOME: folder },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

const keyOf = ({ stdout }: Answered) => JSON.parse(stdout) as { readonly id: string; readonly api_key: string };

async function statusOf(apiKey: string): Promise<number> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } });
  await answer.text();
  return answer.status;
}

describe.skipIf(!(await canMount()))('on a disk that is full', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metamcp-full-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=755`, 'tmpfs', folder]);
    await chmod(folder, 0o755);
    gateway = await startGatewayProcess({ home: folder });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await run('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });

  it('a key is revoked as long as PostgreSQL takes it, and else the truth is reported [ops-surroundings]', async () => {
    const keys = [];
    for (let n = 0; n < 3; n += 1) keys.push(keyOf(await cli('keys', 'create', '--name', `k${String(n)}`)));
    for (const { api_key: apiKey } of keys) expect(await statusOf(apiKey)).toBe(200);
    await run('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4k']).catch(() => undefined);
    const codes: (number | null)[] = [];
    for (const { id, api_key: apiKey } of keys) {
      const revoked = await cli('keys', 'inactivate', id);
      codes.push(revoked.code);
      expect(revoked.stdout + revoked.stderr).not.toMatch(/fault in MetaMCP|\n\s+at /);
      if (revoked.code === 0) expect(await statusOf(apiKey)).toBe(401);
      else expect(revoked).toMatchObject({ code: 3, stdout: expect.stringMatching(/no room/i) });
    }
    // The write-ahead log has room in its present file, and every table in its last page.
    expect(codes[0]).toBe(0);
    await rm(join(folder, 'filler'));
    for (const { id, api_key: apiKey } of keys) {
      expect((await cli('keys', 'inactivate', id)).code).toBe(0);
      expect(await statusOf(apiKey)).toBe(401);
    }
  });
});
