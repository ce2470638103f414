/** Finds the message of the system or the store that caused a failure; undefined when there is none. */
export function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Several addresses of one host were tried: the first failure stands for all.
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return cause.message === '' ? undefined : cause.message;
}
