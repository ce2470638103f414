import type { TerminalStream } from '../surroundings.ts';

/** People notice a wait from about here on. */
const PATIENCE_MS = 800;

/** Says on a terminal, while something takes long, that it is being waited for, and clears that line afterwards. */
export async function whileWaiting<T>(stderr: TerminalStream, work: Promise<T>): Promise<T> {
  if (stderr.isTTY !== true) return work;
  let said = false;
  const timer = setTimeout(() => {
    said = true;
    stderr.write('Opening the stores …');
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    // Back to the first column, and erase to the end of the line (ECMA-48, EL).
    if (said) stderr.write('\r\u001b[K');
  }
}
