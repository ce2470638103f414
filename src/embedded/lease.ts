import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../errors/errorCode.ts';
import { openWritingEnd } from './fifo.ts';

/** A live reader answers within milliseconds; one that does not is stopped or stuck. In milliseconds. */
const PATIENCE = 15_000;
const POLL = 3;
/** Polls between two askings: a leaver's look at the FIFO may swallow a line. */
const ASK_AGAIN = 20;

/**
 * This process's part in keeping Postgres up: the lease FIFO held open for writing. When the last holder closes it,
 * kill -9 included, the keeper's reader sees the end of file and stops Postgres.
 */
export class Lease implements Disposable {
  #fd: number | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/**
 * Takes a lease on the running generation; undefined when there is none or it is stopping.
 *
 * An open FIFO alone proves nothing: the reader may already have seen the end of file and be about to stop Postgres.
 * So we write an id and wait until the reader acknowledges it with a file. It has then read after we opened, and its
 * next end of file comes only after we close.
 */
export async function joinLease(fifo: string, acknowledgements: string): Promise<Lease | undefined> {
  const fd = openWritingEnd(fifo);
  if (fd === undefined) return undefined;
  const lease = new Lease(fd);
  const id = randomBytes(8).toString('hex');
  const acknowledgement = join(acknowledgements, id);
  const deadline = performance.now() + PATIENCE;
  for (let poll = 0; performance.now() < deadline; poll += 1) {
    if (poll % ASK_AGAIN === 0 && !ask(fd, id)) break;
    if (existsSync(acknowledgement)) {
      rmSync(acknowledgement);
      return lease;
    }
    await delay(POLL);
  }
  lease[Symbol.dispose]();
  return undefined;
}

/** @returns false when there is no reader any more */
function ask(fd: number, id: string): boolean {
  try {
    writeSync(fd, `${id}\n`);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EPIPE') return false;
    if (errorCode(error) === 'EAGAIN') return true;
    throw error;
  }
}
