import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { errorCode } from './errorCode.ts';

/** How every process of a state folder reaches its Postgres. */
export interface Credentials {
  readonly port: number;
  /** base64url: fits into URLs and SQL literals without escaping. */
  readonly password: string;
}

const Stored = z.object({
  port: z.int().min(1).max(65_535),
  password: z.string().regex(/^[\w-]{16,}$/),
});

/** Reads postgres.json; undefined when it is missing or unreadable as such, so that new credentials are made. */
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
  writeFileSync(unfinished, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flush: true });
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, file);
}

/** Makes a password of 256 random bits. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** Builds the URL that clients use. */
export function databaseUrl({ port, password }: Credentials): string {
  return `postgresql://metamcp:${password}@127.0.0.1:${String(port)}/metamcp`;
}
