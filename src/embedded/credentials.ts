import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { errorCode } from '../errors/errorCode.ts';
import { objectIn, StrangeJson, textIn } from '../storedJson.ts';
import type { Role } from './roles.ts';

/** How every process of a state folder reaches its Postgres. */
export interface Credentials {
  /** The folder that holds the server's Unix socket. */
  readonly socketFolder: string;
  /** The state folder that these were made for: a copy of it must not share the original's socket. */
  readonly stateFolder: string;
  /** base64url: fits into URLs and SQL literals without escaping. */
  readonly passwords: Readonly<Record<Role, string>>;
}

/** The number in the socket's name, `.s.PGSQL.5432`: psql's default. */
export const SOCKET_PORT = 5432;

/**
 * Settings that pg would take from the environment (PGSSLMODE, PGOPTIONS, …) where the URL does not have them. libpq and
 * psql know all of them since version 17.
 */
const PARAMETERS = new URLSearchParams({
  // The server has to prove that it knows the password, and never gets it.
  require_auth: 'scram-sha-256',
  sslmode: 'disable',
  sslnegotiation: 'postgres',
  client_encoding: 'UTF8',
  replication: 'false',
  options: '-csearch_path=public',
});

/**
 * Reads postgres.json; undefined when it is missing, unreadable as such or of a version that listened on TCP, so that
 * new credentials are made.
 */
export function readCredentials(file: string): Credentials | undefined {
  try {
    const { socketFolder, stateFolder, passwords } = objectIn(JSON.parse(readFileSync(file, 'utf8')));
    return {
      socketFolder: absolutePathIn(socketFolder),
      stateFolder: absolutePathIn(stateFolder),
      passwords: passwordsIn(passwords),
    };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof StrangeJson) return undefined;
    throw error;
  }
}

function absolutePathIn(stored: unknown): string {
  const path = textIn(stored);
  if (!path.startsWith('/')) throw new StrangeJson('an absolute path');
  return path;
}

function passwordsIn(stored: unknown): Record<Role, string> {
  const passwords = objectIn(stored);
  const passwordOf = (role: Role): string => {
    const password = textIn(passwords[role]);
    if (!/^[\w-]{16,}$/.test(password)) throw new StrangeJson('a password');
    return password;
  };
  return {
    metamcp: passwordOf('metamcp'),
    metamcp_owner: passwordOf('metamcp_owner'),
    metamcp_cli: passwordOf('metamcp_cli'),
  };
}

/** Writes postgres.json (0600) in one step: a reader or a crash sees the old or the new contents, never half. */
export function writeCredentials(file: string, credentials: Credentials): void {
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, file);
}

/** Makes a password of 256 random bits for each role. */
export function newPasswords(): Record<Role, string> {
  const password = (): string => randomBytes(32).toString('base64url');
  return { metamcp: password(), metamcp_owner: password(), metamcp_cli: password() };
}

/** Builds the URL that clients use: complete, so that nothing else decides where it leads and how. */
export function databaseUrl({ socketFolder, passwords }: Credentials, role: Role): string {
  const host = `${encodeURIComponent(socketFolder)}:${String(SOCKET_PORT)}`;
  return `postgresql://${role}:${passwords[role]}@${host}/metamcp?${PARAMETERS.toString()}`;
}
