/** The first wait after a failure. */
const FIRST_MS = 100;

/** The longest wait: a server that comes back is found within it. */
const LONGEST_MS = 5_000;

/** Gives the wait before try `attempt` (1 is the first again), doubled each time and spread so that processes do not return in step. */
export function backoffMs(attempt: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return full * (0.5 + Math.random() / 2);
}
