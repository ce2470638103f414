/** Leaves out what has no value: in every document of ours, such a member is absent and not null. */
export function present<T>(members: Readonly<Record<string, T | null | undefined>>): Record<string, T> {
  const entries = Object.entries(members).filter(
    (entry): entry is [string, T] => entry[1] !== null && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
