import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Unavailable } from '../errors/appError.ts';
import { CHILD_ENVIRONMENT, type RunAs } from './runAs.ts';
import { throwIfExhausted } from '../errors/systemError.ts';

/** Where everything of one embedded Postgres lives. All paths are absolute. */
export interface StatePaths {
  readonly folder: string;
  /** The database cluster, owned by the user that Postgres runs as. */
  readonly data: string;
  /** The socket's folder and the passwords, 0600. */
  readonly credentials: string;
  readonly log: string;
  readonly startLock: string;
  /** The FIFOs and acknowledgements of the running generation; made anew at each start. */
  readonly run: string;
  /** Copies of the binaries, for a user that can't enter their folder. */
  readonly runtime: string;
}

/** Names the files of a state folder. */
export function statePaths(stateFolder: string): StatePaths {
  const folder = resolve(stateFolder);
  return {
    folder,
    data: join(folder, 'postgres'),
    credentials: join(folder, 'postgres.json'),
    log: join(folder, 'postgres.log'),
    startLock: join(folder, 'postgres.lock'),
    run: join(folder, 'postgres.run'),
    runtime: join(folder, 'pg-runtime'),
  };
}

/**
 * Makes the state folder: 0700, or 0711 for root, because Postgres then runs as another user who must pass through.
 * @throws Unavailable `state-folder-unusable` when it can't be made
 */
export function makeStateFolder(folder: string): void {
  const root = process.getuid?.() === 0;
  try {
    mkdirSync(folder, { recursive: true, mode: root ? 0o711 : 0o700 });
    const { mode, uid } = statSync(folder);
    if (root && uid === 0 && (mode & 0o011) !== 0o011) chmodSync(folder, (mode & 0o7777) | 0o011);
  } catch (error) {
    throw new Unavailable(
      'state-folder-unusable',
      `The state folder ${folder} can’t be made: ${error instanceof Error ? error.message : String(error)}. ` +
        'Set METAMCP_HOME to a folder that this user may write to.',
      { cause: error },
    );
  }
}

/** @throws Unavailable `state-folder-unreachable` when the user that Postgres runs as can't enter the state folder */
export function assertReachable(folder: string, runAs: RunAs): void {
  if (runAs.uid === undefined || canEnter(folder, runAs)) return;
  const closed = outermostClosedFolder(folder, runAs);
  throw new Unavailable(
    'state-folder-unreachable',
    `PostgreSQL refuses to run as root, so it runs as ${runAs.name}, and that user can’t enter ${closed}. ` +
      `Set METAMCP_HOME to a folder outside it (root’s default is /var/lib/metamcp), ` +
      `allow it to be passed through (chmod o+x '${closed}'), run MetaMCP as an ordinary user, or set DATABASE_URL.`,
    { data: { folder: closed, user: runAs.name } },
  );
}

function outermostClosedFolder(folder: string, runAs: RunAs): string {
  let closed = folder;
  // The root is its own parent.
  for (let parent = dirname(folder); parent !== closed && !canEnter(parent, runAs); parent = dirname(parent)) {
    closed = parent;
  }
  return closed;
}

/** Tries it as that user: mode bits alone know nothing of ACLs, mount options and security modules. */
export function canEnter(folder: string, { uid, gid }: RunAs): boolean {
  if (!existsSync(folder)) return false;
  const attempt = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
    cwd: '/',
    env: CHILD_ENVIRONMENT,
    stdio: 'ignore',
    ...(uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  });
  // An attempt that could not be made proves nothing about the folder.
  throwIfExhausted(attempt.error);
  return attempt.status === 0;
}
