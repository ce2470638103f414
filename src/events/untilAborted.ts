/**
 * Waits for a promise, but no longer than until the signal is aborted; what it brings later is dropped.
 * @returns undefined when aborted
 * @throws what the promise is rejected with
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    // Neither outlives the other's use: a race against one long-lived promise would leak.
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
