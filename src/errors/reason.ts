/** Tells what the system or the store has said, where that is the cause of a failure. */
export function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Several addresses of one host were tried: the first failure stands for all.
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return cause.message === '' ? undefined : cause.message;
}
