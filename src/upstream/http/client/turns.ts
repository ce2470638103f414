/** What was asked for since the event loop has last read its sockets, and what has waited for that since. */
let asked: (() => void)[] = [];
let due: (() => void)[] = [];

/**
 * Does something once the event loop has read what has come on all sockets by now: what a server has sent unasked, or that it closes,
 * is known then. All that wait share its turns.
 * @param work does not throw
 */
export function afterReading(work: () => void): void {
  if (asked.push(work) === 1 && due.length === 0) setImmediate(turn);
}

/** Immediates run behind the reading. What was asked for during this turn's reading waits for that of the next one. */
function turn(): void {
  const works = due;
  due = asked;
  asked = [];
  if (due.length > 0) setImmediate(turn);
  for (const work of works) work();
}
