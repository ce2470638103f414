import { chmodSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors/appError.ts';

/** A first start on a slow machine with other starters queued before us. In milliseconds. */
const PATIENCE = 180_000;
const POLL = 10;
/** Result code of SQLite: another connection holds the lock. */
const SQLITE_BUSY = 5;

/** Why SQLite refuses the file, by result code (sqlite.org/rescode.html), without the upper bytes of an extended one. */
const REFUSALS: Readonly<Record<number, string>> = {
  3: 'this user may not use it',
  8: 'it is read-only',
  10: 'the disk does not give or take it',
  13: 'there is no room left on the disk',
  14: 'it can’t be opened: this user may not, the file system is read-only, or no more files may be opened',
  22: 'the file system has no locks; the state folder must be on a local one',
  23: 'this user may not use it',
  26: 'it is something else than it should be; delete it',
};

/**
 * Takes the exclusive right to start or join the Postgres of a state folder; disposing gives it back.
 *
 * It is an exclusive SQLite transaction on an empty file, because that is the one kernel lock that Node ships: the
 * kernel drops it with its holder, however that ends, so there is no stale lock to recognise and no race in breaking
 * one. The file must never be opened in another way: closing it would drop the lock of this process (fcntl(2)).
 * Nothing is written, so that a full disk keeps no process from a running server.
 * @throws Unavailable `embedded-postgres-busy` when another process keeps it too long, `state-folder-unusable`
 */
export async function takeStartLock(file: string, signal?: AbortSignal): Promise<Disposable> {
  const lock = open(file);
  try {
    if ((statSync(file).mode & 0o777) !== 0o600) chmodSync(file, 0o600);
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

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw refusal(file, error) ?? error;
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    // Else the transaction begins with a file of its own beside it. It waits for the lock, too.
    lock.exec('pragma journal_mode = memory');
    lock.exec('begin exclusive');
    return true;
  } catch (error) {
    if (resultCode(error) === SQLITE_BUSY) return false;
    throw refusal(lock.location() ?? 'the start lock', error) ?? error;
  }
}

function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function refusal(file: string, error: unknown): Unavailable | undefined {
  const why = REFUSALS[resultCode(error) ?? 0];
  if (why === undefined) return undefined;
  return new Unavailable(
    'state-folder-unusable',
    `The lock ${file} can’t be taken: ${why}. Put that right, or set METAMCP_HOME to another folder.`,
    { cause: error },
  );
}
