import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { errorCode } from '../errors/errorCode.ts';
import { ROLES, type Role } from './roles.ts';

/** How every process of a state folder reaches its Postgres. */
export interface Credentials {
  /** The folder that holds the server's Unix socket. */
  readonly socketFolder: string;
  /** The state folder that these were made for: a copy of it must not share the original's socket. */
  readonly stateFolder: string;
  /** base64url: fits into URLs and SQL literals without escaping. */
  readonly passwords: Readonly<Record<Role, string>>;
}

const Stored = z.object({
  socketFolder: z.string().startsWith('/'),
  stateFolder: z.string().startsWith('/'),
  passwords: z.record(z.enum(ROLES), z.string().regex(/^[\w-]{16,}$/)),
});

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
    return Stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
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
