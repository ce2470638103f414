import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';

/** A first start on a slow machine with other starters queued before us. In milliseconds. */
const PATIENCE = 180_000;
const POLL = 10;
/** Result code of SQLite: another connection holds the lock. */
const SQLITE_BUSY = 5;

/**
 * Takes the exclusive right to start or join the Postgres of a state folder; disposing gives it back.
 *
 * It is an exclusive SQLite transaction on an empty file, because that is the one kernel lock that Node ships: the
 * kernel drops it with its holder, however that ends, so there is no stale lock to recognise and no race in breaking
 * one. The file must never be opened in another way: closing it would drop the lock of this process (fcntl(2)).
 * @throws Unavailable `embedded-postgres-busy` when another process keeps it too long
 */
export async function takeStartLock(file: string, signal?: AbortSignal): Promise<Disposable> {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    const deadline = performance.now() + PATIENCE;
    while (!tryLock(lock)) {
      signal?.throwIfAborted();
      if (performance.now() > deadline) {
        throw new Unavailable(
          'embedded-postgres-busy',
          `Another process has been starting the embedded PostgreSQL for ${String(PATIENCE / 1_000)} s. ` +
            `If it hangs, end the process that holds ${file}.`,
        );
      }
      await delay(POLL);
    }
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    [Symbol.dispose]() {
      lock.close();
    },
  };
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('begin exclusive');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
