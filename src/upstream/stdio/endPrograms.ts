import { setTimeout as delay } from 'node:timers/promises';
import { readProcessTable } from './processTable.ts';
import type { ProgramTree } from './programTree.ts';

/** Waits between two looks at the process table, in milliseconds: the first is short, for most end at once. */
const LOOK_AGAIN = { firstMs: 2, longestMs: 100 };

/**
 * Sends a signal to all that is left of programs, SIGKILL again and again, for what is killed may just have started another,
 * and waits until nothing is left.
 * @returns the processes that are left after `forMs`
 */
export async function endPrograms(
  trees: readonly ProgramTree[],
  signal: 'SIGTERM' | 'SIGKILL',
  forMs: number,
): Promise<readonly number[]> {
  const signalled = new Set<number>();
  const until = performance.now() + forMs;
  for (let waitMs = LOOK_AGAIN.firstMs; ; waitMs = Math.min(2 * waitMs, LOOK_AGAIN.longestMs)) {
    const table = readProcessTable();
    const left = [...new Set(trees.flatMap((tree) => tree.find(table)))];
    if (left.length === 0) return left;
    for (const pid of left) if (signal === 'SIGKILL' || !signalled.has(pid)) send(pid, signal);
    for (const pid of left) signalled.add(pid);
    if (performance.now() >= until) return left;
    await delay(waitMs);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended just now, or has become another user's, whom only that user or root can end.
  }
}
