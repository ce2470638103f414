/** Finds the word that was probably meant. @returns undefined when none is near */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  // Longer ones are no slip of the fingers, and would cost time.
  if (typed.length > 64) return undefined;
  const ranked = words
    .map((word) => ({ word, distance: distanceBetween(typed.toLowerCase(), word) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.word;
}

/** The fewest insertions, deletions and substitutions (Levenshtein). */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const substituted = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
