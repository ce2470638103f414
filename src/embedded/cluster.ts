import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Unavailable } from '../errors/appError.ts';
import type { Binaries } from './binaries.ts';
import { runProgram, type ProgramResult } from './program.ts';
import { ownershipStatements, roleStatements, type Role } from './roles.ts';
import type { RunAs } from './runAs.ts';
import type { StatePaths } from './stateFolder.ts';

export interface ClusterOptions {
  readonly paths: StatePaths;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly passwords: Readonly<Record<Role, string>>;
}

/** Unfinished clusters: the making was cut short. */
const UNFINISHED = 'postgres.init-';

/** UTF-8 with code-point order, whatever the machine's locale; built in, so no operating system update reorders indexes. */
const INITDB_ARGUMENTS = [
  '--username=metamcp',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
  '--no-sync',
];

export function clusterExists({ data }: StatePaths): boolean {
  return existsSync(join(data, 'PG_VERSION'));
}

/**
 * Makes the cluster with its database `metamcp` beside its final place, puts it on disk, then renames it: cut short at
 * any point, the next start finds either none or a whole one. Call it under the start lock.
 * @throws Unavailable `embedded-postgres-failed`
 */
export async function makeCluster({ paths, binaries, runAs, passwords }: ClusterOptions): Promise<void> {
  removeUnfinished(paths.folder);
  const workshop = mkdtempSync(join(paths.folder, UNFINISHED));
  const data = join(workshop, 'data');
  const passwordFile = join(workshop, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, `${passwords.metamcp}\n`, { mode: 0o600 });
  for (const path of [workshop, data, passwordFile]) giveTo(path, runAs);

  const where = ['-D', data];
  check(await runProgram(binaries.initdb, [...where, `--pwfile=${passwordFile}`, ...INITDB_ARGUMENTS], runAs));
  // Nothing need be durable before the last step, which syncs everything.
  const statements = [...roleStatements(passwords), 'create database metamcp owner metamcp_owner'];
  check(await runSql({ binaries, runAs }, data, 'postgres', statements, ['-c', 'fsync=off']));
  check(await runProgram(binaries.initdb, [...where, '--sync-only'], runAs));
  renameSync(data, paths.data);
  syncFolder(paths.folder);
  rmSync(workshop, { recursive: true, force: true });
}

/**
 * Sets the passwords anew and hands everything to the role that owns it, for a cluster whose postgres.json is lost or
 * that the superuser alone has used until now. Call it under the start lock, Postgres stopped.
 */
export async function adoptCluster({ paths, binaries, runAs, passwords }: ClusterOptions): Promise<void> {
  const statements = [...roleStatements(passwords), ...ownershipStatements()];
  check(await runSql({ binaries, runAs }, paths.data, 'metamcp', statements));
}

/** Gives a cluster that root owns (a restored backup) to the user that Postgres runs as. */
export async function claimCluster({ data }: StatePaths, runAs: RunAs): Promise<void> {
  if (runAs.uid === undefined || statSync(data).uid === runAs.uid) return;
  const owner = `${String(runAs.uid)}:${String(runAs.gid)}`;
  check(await runProgram('chown', ['-R', owner, data], { name: 'root' }));
}

/** Runs statements of one line each without a server (PostgreSQL documentation, `postgres --single`). */
function runSql(
  { binaries, runAs }: Pick<ClusterOptions, 'binaries' | 'runAs'>,
  data: string,
  database: string,
  statements: readonly string[],
  settings: readonly string[] = [],
): Promise<ProgramResult> {
  const args = ['--single', '-D', data, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', ...settings, database];
  return runProgram(binaries.postgres, args, runAs, statements.map((statement) => `${statement}\n`).join(''));
}

function check({ ok, output }: ProgramResult): void {
  if (ok) return;
  throw new Unavailable('embedded-postgres-failed', `The embedded PostgreSQL can’t make its data folder:\n${output}`);
}

function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // An initdb whose starter was killed still writes there; it fails soon, and a later start removes the rest.
    }
  }
}

function giveTo(path: string, { uid, gid }: RunAs): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
