/** What waits until this turn of the event loop has read what has come on all sockets. */
let waiting: (() => void)[] = [];

/**
 * Does something once what has already come on any socket in this turn of the event loop was read: what a server has sent, or that it
 * closes, is known then. All that wait share one immediate.
 * @param work does not throw
 */
export function afterReading(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(run);
}

function run(): void {
  const due = waiting;
  waiting = [];
  for (const work of due) work();
}
