/**
 * Runs one `work` at a time: pumps of one process would only wait for each other, each holding a connection. Who comes
 * while one runs shares the next one, because the one under way may have read the store too early.
 */
export function coalesce<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    next = undefined;
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  return () => {
    if (next === undefined && current === undefined) return begin();
    next ??= (current ?? Promise.resolve()).then(begin, begin);
    return next;
  };
}
