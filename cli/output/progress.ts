import type { TerminalStream } from '../surroundings.ts';

/** A user notices a wait from about here on. */
const PATIENCE_MS = 800;

/**
 * Shows on a terminal, while something takes long, that the command waits, and clears that line afterwards.
 * @param patienceMs (Default: 800)
 */
export async function whileWaiting<T>(
  stderr: TerminalStream,
  work: Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  if (stderr.isTTY !== true) return work;
  let clear = (): void => undefined;
  const timer = setTimeout(() => {
    stderr.write('Opening the stores …');
    // Back to the first column, and erase to the end of the line (ECMA-48, EL).
    clear = () => void stderr.write('\r\u001b[K');
  }, patienceMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    clear();
  }
}
