import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '../errors/appError.ts';
import { SOCKET_PORT } from './credentials.ts';
import { exposedParentOf, exposureOf } from './privateFolder.ts';
import type { RunAs } from './runAs.ts';
import { canEnter, type StatePaths } from './stateFolder.ts';

/** The kernel's bound on a socket's path, less the NUL (unix(7); on macOS sys/un.h). In bytes. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

const SOCKET_NAME = `.s.PGSQL.${String(SOCKET_PORT)}`;

export interface SocketFolderOptions {
  readonly paths: StatePaths;
  readonly runAs: RunAs;
  /** The folder of the last run, used again where possible. */
  readonly previous: string | undefined;
  /** Whether no other will do: pools of running processes know it. */
  readonly fixed: boolean;
}

/** The user whom the socket's folder must belong to: the one that Postgres runs as. */
export function socketOwner({ uid }: RunAs): number {
  return uid ?? process.getuid?.() ?? 0;
}

/**
 * Makes the folder of the server's socket, which only its owner may enter: in the state folder, or, where the path is
 * too long for a socket or others could exchange a parent, in the folder for temporary files, with a name that
 * can't be guessed. Call it under the start lock, Postgres stopped.
 * @throws Unavailable `state-folder-unusable` when no place is private
 */
export function makeSocketFolder({ paths, runAs, previous, fixed }: SocketFolderOptions): string {
  const inside = join(realpathSync(paths.folder), 'postgres.socket');
  const places = [
    () => (fixed && previous !== inside ? undefined : makeInside(inside, runAs)),
    () => (previous === undefined || previous === inside ? undefined : makeAgain(previous, runAs)),
    ...temporaryFolders(runAs).map((parent) => () => (fixed ? undefined : makeElsewhere(parent, runAs))),
  ];
  const reasons = new Set<string>();
  for (const make of places) {
    try {
      const folder = make();
      if (folder !== undefined) return folder;
    } catch (error) {
      reasons.add(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Unavailable(
    'state-folder-unusable',
    `There is no private place for the embedded PostgreSQL’s socket (${[...reasons].join('; ')}). ` +
      'Set METAMCP_HOME to a folder with a short path, in which only you can rename anything.',
  );
}

function makeInside(folder: string, runAs: RunAs): string {
  assertFits(folder);
  const exposure = exposedParentOf(folder, socketOwner(runAs));
  if (exposure !== undefined) throw new Error(exposure);
  // Whatever a killed server, a backup or an older run has left.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return take(folder, runAs);
}

/** The name of an earlier run is known to others by now: they may have made a folder of that name. */
function makeAgain(folder: string, runAs: RunAs): string {
  assertFits(folder);
  if (!existsSync(folder)) {
    mkdirSync(folder, { mode: 0o700 });
    return take(folder, runAs);
  }
  assertPrivate(folder, runAs);
  for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`]) rmSync(join(folder, name), { force: true });
  return folder;
}

function makeElsewhere(parent: string, runAs: RunAs): string {
  const folder = mkdtempSync(join(parent, 'metamcp-'));
  try {
    assertFits(folder);
    return take(folder, runAs);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

function take(folder: string, runAs: RunAs): string {
  chmodSync(folder, 0o700);
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(folder, runAs.uid, runAs.gid);
  assertPrivate(folder, runAs);
  return folder;
}

function assertPrivate(folder: string, runAs: RunAs): void {
  const exposure = exposureOf(folder, socketOwner(runAs));
  if (exposure !== undefined) throw new Error(exposure);
}

function assertFits(folder: string): void {
  if (Buffer.byteLength(join(folder, SOCKET_NAME)) <= MAX_PATH_BYTES) return;
  throw new Error(`a socket in ${folder} would have a path of more than ${String(MAX_PATH_BYTES)} bytes`);
}

/** TMPDIR may name one that is long, or closed to the user that Postgres runs as. */
function temporaryFolders(runAs: RunAs): string[] {
  const folders = [tmpdir(), '/tmp'].filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder));
  return [...new Set(folders)].filter((folder) => runAs.uid === undefined || canEnter(folder, runAs));
}
