import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, createWriteStream, openSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileUnreadable, readBounded, readBoundedSync, readStream } from '../src/boundedRead.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-read-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const BOUND = { maxBytes: 65_536 };

async function refusal(path: string, options = BOUND): Promise<FileUnreadable> {
  const failure = await readBounded(path, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(FileUnreadable);
  expect(() => readBoundedSync(path, options)).toThrow((failure as FileUnreadable).message);
  return failure as FileUnreadable;
}

describe('a file', () => {
  it('is read to its last byte, up to the bound and not one byte further [configuration-bounded-read]', async () => {
    const path = join(folder, 'full');
    writeFileSync(path, Buffer.alloc(65_536, 'x'));
    expect(await readBounded(path, BOUND)).toHaveLength(65_536);
    expect(readBoundedSync(path, BOUND)).toHaveLength(65_536);
    writeFileSync(path, Buffer.alloc(65_537, 'x'));
    expect(await refusal(path)).toMatchObject({ isTooLarge: true, reason: 'it is larger than 64 KiB' });
  });

  it('of a gigabyte of nothing is refused by its size, before any of it is read', async () => {
    const path = join(folder, 'sparse');
    writeFileSync(path, '');
    truncateSync(path, 1_073_741_824);
    const before = process.memoryUsage().rss;
    expect(await refusal(path)).toMatchObject({ isTooLarge: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });

  it('that is a device without an end stops at its bound [configuration-bounded-read]', async () => {
    for (const device of ['/dev/zero', '/dev/urandom'])
      expect(await refusal(device)).toMatchObject({ isTooLarge: true });
    expect(await readBounded('/dev/null', BOUND)).toHaveLength(0);
  });

  it('that is a folder, a socket, nothing, or a pipe into which nobody writes is refused in words [configuration-bounded-read]', async () => {
    expect((await refusal(folder)).reason).toBe('it is a folder');
    expect((await refusal(join(folder, 'nothing'))).reason).toBe('there is no such file: ENOENT');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect((await refusal(join(folder, 'pipe'))).reason).toBe('nobody writes into this pipe');
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    expect((await refusal(join(folder, 'socket'))).reason).toContain('socket');
    server.close();
  });

  it('that is a pipe is read while somebody writes, and no further than the bound [configuration-bounded-read]', async () => {
    const path = join(folder, 'written');
    execFileSync('mkfifo', [path]);
    const write = (script: string) => spawn('bash', ['-c', `exec 3<>"$1"; echo ready; ${script}`, 'bash', path]);
    const some = spawn('bash', ['-c', 'printf first > "$1"', 'bash', path]);
    await expect
      .poll(async () => readBounded(path, BOUND).then(String, (error: unknown) => (error as FileUnreadable).reason))
      .toBe('first');
    expect(some.exitCode ?? 0).toBe(0);
    const endless = write('while :; do printf %01000d 0 >&3; done');
    await once(endless.stdout, 'data');
    expect(await readBounded(path, BOUND).catch((error: unknown) => error)).toMatchObject({ isTooLarge: true });
    endless.kill('SIGKILL');
    await once(endless, 'exit');
  });

  it('that is a pipe may not be silent for ever [configuration-bounded-read]', async () => {
    const path = join(folder, 'silent');
    execFileSync('mkfifo', [path]);
    // Open for writing as long as this test runs.
    const writer = createWriteStream(path, { fd: openSync(path, constants.O_RDWR) });
    const failure = await readBounded(path, { ...BOUND, patienceMs: 50 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'nothing more comes through this pipe' });
    writer.destroy();
  });

  it('is looked at before it is read, and closed in any case', async () => {
    const path = join(folder, 'looked');
    writeFileSync(path, 'x');
    const looked = readBounded(path, {
      ...BOUND,
      inspect({ size }) {
        expect(size).toBe(1n);
        throw new RangeError('no');
      },
    });
    await expect(looked).rejects.toThrow(RangeError);
  });
});

it('a stream without an end stops at its bound [configuration-bounded-read]', async () => {
  const endless = new Readable({ read: () => void endless.push(Buffer.alloc(16_384)) });
  await expect(readStream(endless, 65_536)).rejects.toMatchObject({ isTooLarge: true });
  const some = new PassThrough();
  some.end('ab');
  expect(String(await readStream(some, 2))).toBe('ab');
});
