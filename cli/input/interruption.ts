import { Refused } from '../../src/errors/appError.ts';

/** A signal that aborts when the user or the system asks the process to end; once it is disposed of, a signal ends the process again. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Ends work in an orderly way on SIGINT, SIGTERM and SIGHUP; the second one ends the process at once. */
export function onInterruption(): Interruption {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const dispose = (): void => {
    for (const name of names) process.off(name, interrupt);
  };
  function interrupt(): void {
    // Node's own way is back for the next signal.
    dispose();
    controller.abort();
  }
  for (const name of names) process.on(name, interrupt);
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}

/**
 * Does long work that the user may end: the signal reaches it, and it ends by throwing the signal's reason.
 * @throws Refused `interrupted`; what `work` throws
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interruption = onInterruption();
  const { signal } = interruption;
  try {
    return await work(signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Refused('interrupted', 'It was interrupted before it came to its end.', { cause });
  }
}
