import type { Clock } from '../clock.ts';

/** Moments at which something is due, by id; one timer for all of them. */
export interface Deadlines extends Disposable {
  /** Sets or replaces the moment for an id (ms since the epoch); undefined takes it away. */
  set(id: string, dueMs: number | undefined): void;
}

export interface DeadlinesOptions {
  readonly clock: Clock;
  /** Called once for each id whose moment has come. */
  readonly onDue: (id: string) => void;
  /** Calls back after a delay in ms and returns what cancels it. (Default: an unreferenced setTimeout) */
  readonly startTimer?: ((delayMs: number, callback: () => void) => () => void) | undefined;
}

/**
 * The longest sleep. Far below setTimeout's 24.8 days, beyond which it fires at once; short enough to follow a wall clock
 * that is set forward, or a machine that wakes up.
 */
const MAX_SLEEP_MS = 60_000;

/** Makes deadlines. Setting one is O(1); only when one is due are all looked through. */
export function createDeadlines({ clock, onDue, startTimer = unreferencedTimer }: DeadlinesOptions): Deadlines {
  const due = new Map<string, number>();
  let wakeAtMs = Infinity;
  let cancel: (() => void) | undefined;

  function sleepUntil(atMs: number): void {
    cancel?.();
    wakeAtMs = atMs;
    cancel = atMs === Infinity ? undefined : startTimer(clamp(atMs - clock()), wake);
  }

  function wake(): void {
    const now = clock();
    let next = Infinity;
    const ripe: string[] = [];
    for (const [id, atMs] of due) {
      if (atMs <= now) ripe.push(id);
      else next = Math.min(next, atMs);
    }
    for (const id of ripe) due.delete(id);
    sleepUntil(next);
    for (const id of ripe) onDue(id);
  }

  return {
    set(id, dueMs) {
      if (dueMs === undefined) due.delete(id);
      else {
        due.set(id, dueMs);
        if (dueMs < wakeAtMs) sleepUntil(dueMs);
      }
    },
    [Symbol.dispose]() {
      due.clear();
      sleepUntil(Infinity);
    },
  };
}

function clamp(delayMs: number): number {
  return Math.min(Math.max(delayMs, 0), MAX_SLEEP_MS);
}

function unreferencedTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => {
    clearTimeout(timer);
  };
}
