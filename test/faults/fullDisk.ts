import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newFolder, prepareEventStoreServer } from '../support/eventStoreServer.ts';
import { freePorts } from '../support/eventStoreServer/freePorts.ts';
import { openClient } from '../support/eventStoreDb/testClient.ts';
import type { FaultyStore } from './faultyStore.ts';

const run = promisify(execFile);

/** Room for some chunks of 1 MiB; the server's own files take some 30. */
const SIZE_MB = 64;
const CHUNK_BYTES = 1_048_576;

/** What a stranger writes until the disk is full. */
const FILLING_BYTES = 200_000;

/** Says whether this user may mount a file system. */
export async function canMount(): Promise<boolean> {
  const folder = await newFolder();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    await run('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A real server on a small disk of its own, which is full for a while. */
export async function openStoreOnSmallDisk(): Promise<FaultyStore> {
  await using opened = new AsyncDisposableStack();
  const folder = await newFolder();
  const disk = join(folder, 'db');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', disk]);
  opened.defer(async () => {
    await run('umount', ['-l', disk]);
    await rm(folder, { recursive: true, force: true });
  });
  const server = opened.use(
    prepareEventStoreServer({
      ...{ storage: 'disk', folder, ports: await freePorts(2), certificates: undefined },
      extra: [`--chunk-size=${CHUNK_BYTES}`],
    }),
  );
  await server.start();
  const filler = join(disk, 'filler');

  /** Fills the disk, and then the present chunk: the server ends where it wants the next one. */
  async function fill(): Promise<void> {
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']).catch(() => undefined);
    await using client = openClient(server.url);
    const data = { filling: 'x'.repeat(FILLING_BYTES) };
    while (server.isRunning) {
      const appended = client.appendToStream('filling', {
        id: crypto.randomUUID(),
        type: 'Filling',
        contentType: 'application/json',
        data,
        metadata: undefined,
      });
      if (
        await appended.then(
          () => false,
          () => true,
        )
      )
        break;
    }
  }

  const closing = opened.move();
  return {
    url: server.url,
    operatorUrl: server.url,
    disturbances: [
      {
        name: 'the disk of the store is full',
        async run(during) {
          await fill();
          try {
            await during();
          } finally {
            await rm(filler, { force: true });
            if (server.isRunning) await server.stop();
            await server.start();
          }
        },
      },
    ],
    isOnlyDisturbed: true,
    takeSnapshot: undefined,
    scavenge: undefined,
    removeTombstones: undefined,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
