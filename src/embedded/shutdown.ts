import { existsSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.ts';
import { isWritten } from './fifo.ts';
import { generationPaths } from './generation.ts';
import { postmasterPidFile, readPostmasterPid } from './postmasterPid.ts';
import { postmasterState } from './postmasterProcess.ts';
import type { StatePaths } from './stateFolder.ts';

/**
 * When to send which signal to a server that should be stopping and is not gone, in milliseconds from the beginning:
 * a fast shutdown, an immediate one, the end (PostgreSQL documentation, "Shutting Down the Server").
 */
const ESCALATION: readonly { readonly afterMs: number; readonly signal: NodeJS.Signals }[] = [
  { afterMs: 500, signal: 'SIGINT' },
  { afterMs: 30_000, signal: 'SIGQUIT' },
  { afterMs: 40_000, signal: 'SIGKILL' },
];
const PATIENCE = 50_000;
const POLL = 5;

/**
 * Waits until the server that no process holds a lease on is gone, and helps when its keeper can't: the reader of the
 * lease was killed, say. Gives up after 50 s.
 * @param needed ends the waiting early: the server is in use again
 */
export async function waitForShutdown(
  paths: StatePaths,
  logger: Logger,
  needed: () => boolean = () => false,
): Promise<'gone' | 'needed' | 'stuck'> {
  const began = performance.now();
  const steps = [...ESCALATION];
  while (serverRemains(paths)) {
    if (needed()) return 'needed';
    const elapsed = performance.now() - began;
    if (elapsed > PATIENCE) return 'stuck';
    if (steps[0] !== undefined && elapsed >= steps[0].afterMs) {
      signalPostmaster(paths, steps[0].signal, logger);
      steps.shift();
    }
    await delay(POLL);
  }
  return 'gone';
}

/**
 * Removes a `postmaster.pid` that would keep Postgres from starting although no server is left. Call it under the start
 * lock after `outlastServer`. Without a lifeline to prove that no backend is left either, a file whose process is
 * simply gone stays: Postgres then looks for surviving backends itself.
 */
export function removeStalePid(paths: StatePaths): void {
  const recorded = readPostmasterPid(paths.data);
  const proven = existsSync(generationPaths(paths).lifeline);
  if (!proven && (recorded === undefined || postmasterState(recorded.pid, paths.data) === 'gone')) return;
  rmSync(postmasterPidFile(paths.data), { force: true });
}

function serverRemains(paths: StatePaths): boolean {
  if (isWritten(generationPaths(paths).lifeline)) return true;
  const recorded = readPostmasterPid(paths.data);
  return recorded !== undefined && postmasterState(recorded.pid, paths.data) === 'running';
}

function signalPostmaster(paths: StatePaths, signal: NodeJS.Signals, logger: Logger): void {
  const recorded = readPostmasterPid(paths.data);
  if (recorded === undefined || postmasterState(recorded.pid, paths.data) !== 'running') return;
  if (signal === 'SIGINT' && recorded.status === 'stopping') return;
  logger.warn({ pid: recorded.pid, signal }, 'an embedded PostgreSQL that nobody uses is still there: stopping it');
  try {
    process.kill(recorded.pid, signal);
  } catch {
    // It ended just now.
  }
}
