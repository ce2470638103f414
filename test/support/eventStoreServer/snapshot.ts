import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EventStoreServer } from '../eventStoreServer.ts';

/** A backup of a server's database. */
export interface Snapshot {
  /** Stops the server, puts the copy in the place of its database, and starts it again. Works any number of times. */
  restore(): Promise<void>;
}

const run = promisify(execFile);

/** Stops the server, copies its database, and starts it again. */
export async function takeSnapshot(server: EventStoreServer): Promise<Snapshot> {
  const copy = await mkdtemp(join(server.folder, 'snapshot-'));
  await server.stop();
  const db = join(server.folder, 'db');
  await copyFolder(db, join(copy, 'db'));
  await server.start();
  return {
    async restore() {
      await server.stop();
      await rm(db, { recursive: true, force: true });
      await copyFolder(join(copy, 'db'), db);
      // As operators do: what was written behind the copied end is cut off. The server does that, ends, and starts again.
      await copyFile(join(db, 'chaser.chk'), join(db, 'truncate.chk'));
      await server.start();
    },
  };
}

/** A chunk's file has room for 256 MB, most of which was never written. */
async function copyFolder(from: string, to: string): Promise<void> {
  await run('cp', ['-R', '--sparse=always', from, to]);
}
