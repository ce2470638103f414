import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors/errorCode.ts';

/** What a running server writes about itself into `postmaster.pid` (PostgreSQL, miscadmin.h: LOCK_FILE_LINE_…). */
export interface PostmasterPid {
  readonly pid: number;
  /** Line 8: `starting`, `ready` (connections are accepted), `stopping`; empty when not yet written. */
  readonly status: string;
}

export function postmasterPidFile(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

/** Reads `postmaster.pid`; undefined when there is none or it is not yet whole. */
export function readPostmasterPid(dataFolder: string): PostmasterPid | undefined {
  let text: string;
  try {
    text = readFileSync(postmasterPidFile(dataFolder), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const lines = text.split('\n');
  // A server without a postmaster (`postgres --single`) writes its pid negated.
  const pid = Math.abs(Number(lines[0]));
  return Number.isSafeInteger(pid) && pid > 1 ? { pid, status: lines[7]?.trim() ?? '' } : undefined;
}
