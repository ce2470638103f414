/**
 * Finds the word that was probably meant.
 * @param most slips that one may be away (Default: a third of its letters, which is the bound of any)
 * @returns undefined when none is near
 */
export function nearest(typed: string, words: readonly string[], most = Infinity): string | undefined {
  // Longer ones are no slip of the fingers, and would cost time.
  if (typed.length > 64) return undefined;
  const ranked = words
    .map((word) => ({ word, distance: distanceBetween(typed.toLowerCase(), word) }))
    // Of a name of one letter, every other one is as near.
    .filter(
      ({ word, distance }) =>
        distance <= Math.min(most, Math.max(1, Math.floor(word.length / 3))) && distance < word.length,
    )
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.word;
}

/** The fewest insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(substituted, exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
