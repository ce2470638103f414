import { threadCpuUsage } from 'node:process';

/** What work cost one thread, in milliseconds of its CPU: the machine may do anything else meanwhile. */
export interface TurnCost {
  readonly allMs: number;
  /** Of the turn of the event loop that took most: so long nobody else is served. */
  readonly longestMs: number;
}

/** Does some work, and measures what its turns of the event loop cost. */
export async function costOfTurns(work: () => unknown): Promise<TurnCost> {
  let longestMs = 0;
  let allMs = 0;
  let last = cpuMs();
  let isOver = false;
  const note = (): void => {
    const now = cpuMs();
    longestMs = Math.max(longestMs, now - last);
    allMs += now - last;
    last = now;
  };
  const look = (): void => {
    note();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  note();
  return { allMs, longestMs };
}

function cpuMs(): number {
  const { user, system } = threadCpuUsage();
  return (user + system) / 1_000;
}
