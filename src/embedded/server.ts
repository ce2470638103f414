import { realpathSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { findBinaries } from './binaries.ts';
import { adoptCluster, claimCluster, clusterExists, makeCluster } from './cluster.ts';
import { newPasswords, readCredentials, writeCredentials, type Credentials } from './credentials.ts';
import { isWritten } from './fifo.ts';
import { generationPaths, joinGeneration, startGeneration, type Generation } from './generation.ts';
import { waitForShutdown, removeStalePid } from './shutdown.ts';
import { readPostmasterPid } from './postmasterPid.ts';
import { postmasterState } from './postmasterProcess.ts';
import { exposureOf } from './privateFolder.ts';
import { chooseRunAs } from './runAs.ts';
import { serverLogTail } from './serverLog.ts';
import { serverArguments } from './settings.ts';
import { makeSocketFolder, socketOwner } from './socketFolder.ts';
import { takeStartLock } from './startLock.ts';
import { assertReachable, type StatePaths } from './stateFolder.ts';

/** A crash recovery may replay much of the write-ahead log before connections are accepted. In milliseconds. */
const START_PATIENCE = 120_000;
const POLL = 5;

/** This process's use of a running server. */
export interface Membership extends Generation {
  readonly credentials: Credentials;
}

export interface MembershipOptions {
  readonly paths: StatePaths;
  readonly logger: Logger;
  /** Those that this process's pools know already: they stay. */
  readonly known?: Credentials;
  readonly signal?: AbortSignal;
}

/**
 * Joins the server of a state folder, or starts it.
 * @throws Unavailable `embedded-postgres-failed` (with the log's tail), `-missing`, `-busy`; `state-folder-unreachable`
 */
export async function joinOrStart(options: MembershipOptions): Promise<Membership> {
  using _lock = await takeStartLock(options.paths.startLock, options.signal);
  return (await join(options)) ?? (await start(options));
}

/** Gives the use up. The last user waits until the server has stopped. */
export async function leave({ lease, lifeline }: Generation, { paths, logger }: MembershipOptions): Promise<void> {
  lease[Symbol.dispose]();
  const { lease: leaseFifo } = generationPaths(paths);
  // A lifeline that is over was this server's: what runs by now is another's.
  const end = await waitForShutdown(paths, logger, () => lifeline.over || isWritten(leaseFifo));
  lifeline.close();
  if (end === 'stuck') logger.error('the embedded PostgreSQL does not stop');
}

async function join({ paths, known }: MembershipOptions): Promise<Membership | undefined> {
  const generation = await joinGeneration(paths);
  if (generation === undefined) return undefined;
  const credentials = readCredentials(paths.credentials) ?? known;
  const ready = credentials !== undefined && (await becomesReady(paths, generation));
  const exposure = ready ? exposureOf(credentials.socketFolder, socketOwner(chooseRunAs(paths.data))) : undefined;
  if (ready && exposure === undefined) return { ...generation, credentials };
  abandon(generation);
  if (credentials !== undefined && exposure === undefined) return undefined;
  throw new Unavailable(
    'embedded-postgres-failed',
    `The embedded PostgreSQL runs, but ` +
      (exposure === undefined
        ? `${paths.credentials}, which holds its passwords, is missing, damaged or of an older version of MetaMCP. `
        : `its socket can’t be trusted: ${exposure}. `) +
      'End every MetaMCP process that uses this state folder: the next start keeps the data and makes everything else anew.',
  );
}

async function start({ paths, logger, known }: MembershipOptions): Promise<Membership> {
  const runAs = chooseRunAs(paths.data);
  assertReachable(paths.folder, runAs);
  const binaries = await findBinaries(paths.runtime, runAs);
  if ((await waitForShutdown(paths, logger)) === 'stuck') {
    throw new Unavailable('embedded-postgres-failed', 'The previous embedded PostgreSQL does not stop.');
  }

  const stateFolder = realpathSync(paths.folder);
  const stored = readCredentials(paths.credentials) ?? known;
  const passwords = stored?.passwords ?? newPasswords();
  const cluster = { paths, binaries, runAs, passwords };
  if (clusterExists(paths)) {
    await claimCluster(paths, runAs);
    removeStalePid(paths);
    if (stored === undefined) await adoptCluster(cluster);
  } else {
    logger.info({ folder: paths.data }, 'making the embedded PostgreSQL’s data folder');
    await makeCluster(cluster);
  }

  const previous = known ?? (stored?.stateFolder === stateFolder ? stored : undefined);
  const socketFolder = makeSocketFolder({
    paths,
    runAs,
    previous: previous?.socketFolder,
    fixed: known !== undefined,
  });
  const credentials = { socketFolder, stateFolder, passwords };
  writeCredentials(paths.credentials, credentials);
  const command = [binaries.postgres, ...serverArguments(paths.data, socketFolder)];
  const generation = await startGeneration(paths, runAs, command);
  if (await becomesReady(paths, generation)) {
    logger.info({ socketFolder }, 'embedded PostgreSQL started');
    return { ...generation, credentials };
  }
  abandon(generation);
  throw new Unavailable(
    'embedded-postgres-failed',
    `The embedded PostgreSQL does not start. The end of ${paths.log}:\n${serverLogTail(paths.log)}`,
  );
}

/** @returns false when the server ended, or is not ready in time */
async function becomesReady({ data }: StatePaths, { lifeline }: Generation): Promise<boolean> {
  const deadline = performance.now() + START_PATIENCE;
  while (!lifeline.over && performance.now() < deadline) {
    const recorded = readPostmasterPid(data);
    // A killed postmaster leaves `ready` behind for the moment until its keeper has noticed.
    if (recorded?.status === 'ready' && postmasterState(recorded.pid, data) === 'running') return true;
    await delay(POLL);
  }
  return false;
}

function abandon({ lease, lifeline }: Generation): void {
  lease[Symbol.dispose]();
  lifeline.close();
}
