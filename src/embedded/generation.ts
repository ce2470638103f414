import { chmodSync, chownSync, closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFifos, openReadingEnd, openWritingEnd } from './fifo.ts';
import { startKeeper } from './keeper.ts';
import { joinLease, Lease } from './lease.ts';
import { openLifeline, watchLifeline, type Lifeline } from './lifeline.ts';
import { postmasterPidFile } from './postmasterPid.ts';
import type { RunAs } from './runAs.ts';
import { openServerLog } from './serverLog.ts';
import type { StatePaths } from './stateFolder.ts';

/** One life of the server, from its keeper's start to its last process's end, as one of its users sees it. */
export interface Generation {
  readonly lease: Lease;
  readonly lifeline: Lifeline;
}

/** The files by which the users of a generation find it. */
export function generationPaths({ run }: StatePaths): { lease: string; lifeline: string; acknowledgements: string } {
  return { lease: join(run, 'lease'), lifeline: join(run, 'lifeline'), acknowledgements: join(run, 'joined') };
}

/** Joins the generation that runs; undefined when there is none or it is stopping. Call it under the start lock. */
export async function joinGeneration(paths: StatePaths): Promise<Generation | undefined> {
  const files = generationPaths(paths);
  const lease = await joinLease(files.lease, files.acknowledgements);
  if (lease === undefined) return undefined;
  const lifeline = openLifeline(files.lifeline);
  if (lifeline === undefined) lease[Symbol.dispose]();
  return lifeline === undefined ? undefined : { lease, lifeline };
}

/** Starts `command` as a new generation and joins it. Call it under the start lock, when the old one is gone. */
export async function startGeneration(
  paths: StatePaths,
  runAs: RunAs,
  command: readonly string[],
): Promise<Generation> {
  const files = generationPaths(paths);
  rmSync(paths.run, { recursive: true, force: true });
  mkdirSync(paths.run);
  // Independent of the umask: the keeper, another user when we are root, passes through.
  chmodSync(paths.run, 0o711);
  mkdirSync(files.acknowledgements, { mode: 0o700 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(files.acknowledgements, runAs.uid, runAs.gid);
  await makeFifos(files.lease, files.lifeline);

  using ends = new DisposableStack();
  const keep = (fd: number): number => ends.adopt(fd, closeSync);
  keep(required(openReadingEnd(files.lease)));
  const lifelineReadingEnd = required(openReadingEnd(files.lifeline));
  // Our lease is open before the keeper exists: killed from here on, we leave an end of file behind, never an orphan.
  using failed = new DisposableStack();
  const lease = failed.use(new Lease(required(openWritingEnd(files.lease))));
  failed.adopt(lifelineReadingEnd, closeSync);
  await startKeeper({
    runAs,
    command,
    acknowledgements: files.acknowledgements,
    pidFile: postmasterPidFile(paths.data),
    log: keep(openServerLog(paths.log)),
    // Opened anew without O_NONBLOCK, which the shell's `read` does not expect.
    leaseReadingEnd: keep(openSync(files.lease, constants.O_RDONLY)),
    lifelineWritingEnd: keep(required(openWritingEnd(files.lifeline))),
  });
  failed.move();
  return { lease, lifeline: watchLifeline(lifelineReadingEnd) };
}

function required(fd: number | undefined): number {
  if (fd === undefined) throw new Error('a FIFO of the embedded PostgreSQL vanished while it was being started');
  return fd;
}
