/** Finds the names that several have: who shows one of them shows an id beside it. */
export function twins(names: Iterable<string>): ReadonlySet<string> {
  const seen = new Set<string>();
  const several = new Set<string>();
  for (const name of names) (seen.has(name) ? several : seen).add(name);
  return several;
}
