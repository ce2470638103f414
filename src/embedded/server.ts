import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { findBinaries } from './binaries.ts';
import { claimCluster, clusterExists, makeCluster, resetPassword } from './cluster.ts';
import { newPassword, readCredentials, writeCredentials, type Credentials } from './credentials.ts';
import { isWritten } from './fifo.ts';
import { generationPaths, joinGeneration, startGeneration, type Generation } from './generation.ts';
import { outlastServer, removeStalePid } from './leftover.ts';
import { isPortFree, settlePort } from './port.ts';
import { readPostmasterPid } from './postmasterPid.ts';
import { postmasterState } from './postmasterProcess.ts';
import { chooseRunAs } from './runAs.ts';
import { serverLogTail } from './serverLog.ts';
import { serverArguments } from './settings.ts';
import { takeStartLock } from './startLock.ts';
import { assertReachable, type StatePaths } from './stateFolder.ts';

/** A crash recovery may replay much of the write-ahead log before connections are accepted. In milliseconds. */
const START_PATIENCE = 120_000;
const POLL = 5;

/** A stranger may take the port between our look and the server's. */
const PORT_ATTEMPTS = 3;

/** This process's use of a running server. */
export interface Membership extends Generation {
  readonly credentials: Credentials;
}

export interface MembershipOptions {
  readonly paths: StatePaths;
  readonly logger: Logger;
  /** Those that this process's pools know already: the port stays, even if that means to fail while a stranger holds it. */
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
  const end = await outlastServer(paths, logger, () => lifeline.over || isWritten(leaseFifo));
  lifeline.close();
  if (end === 'stuck') logger.error('the embedded PostgreSQL does not stop');
}

async function join({ paths, known }: MembershipOptions): Promise<Membership | undefined> {
  const generation = await joinGeneration(paths);
  if (generation === undefined) return undefined;
  const credentials = readCredentials(paths.credentials) ?? known;
  const ready = credentials !== undefined && (await becomesReady(paths, generation));
  if (ready) return { ...generation, credentials };
  abandon(generation);
  if (credentials !== undefined) return undefined;
  throw new Unavailable(
    'embedded-postgres-failed',
    `The embedded PostgreSQL runs, but ${paths.credentials}, which holds its password, is missing or damaged. ` +
      'End every MetaMCP process that uses this state folder: the next start makes a new password.',
  );
}

async function start({ paths, logger, known }: MembershipOptions): Promise<Membership> {
  const runAs = chooseRunAs(paths.data);
  assertReachable(paths.folder, runAs);
  const binaries = await findBinaries(paths.runtime, runAs);
  if ((await outlastServer(paths, logger)) === 'stuck') {
    throw new Unavailable('embedded-postgres-failed', 'The previous embedded PostgreSQL does not stop.');
  }

  const stored = readCredentials(paths.credentials) ?? known;
  const password = stored?.password ?? newPassword();
  const cluster = { paths, binaries, runAs, password };
  if (clusterExists(paths)) {
    await claimCluster(paths, runAs);
    removeStalePid(paths);
    if (stored === undefined) await resetPassword(cluster);
  } else {
    logger.info({ folder: paths.data }, 'making the embedded PostgreSQL’s data folder');
    await makeCluster(cluster);
  }

  for (let attempt = 1; ; attempt += 1) {
    const port = known?.port ?? (await settlePort(stored?.port));
    const credentials = { port, password };
    writeCredentials(paths.credentials, credentials);
    const generation = await startGeneration(paths, runAs, [binaries.postgres, ...serverArguments(paths.data, port)]);
    if (await becomesReady(paths, generation)) {
      logger.info({ port }, 'embedded PostgreSQL started');
      return { ...generation, credentials };
    }
    abandon(generation);
    if (attempt < PORT_ATTEMPTS && known === undefined && !(await isPortFree(port))) continue;
    throw new Unavailable(
      'embedded-postgres-failed',
      `The embedded PostgreSQL does not start. The end of ${paths.log}:\n${serverLogTail(paths.log)}`,
    );
  }
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
