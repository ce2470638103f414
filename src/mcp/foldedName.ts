const NOT_ASCII = /[^\0-\x7f]/;

/** Folds a member's name as the most generous parser does: Go's takes the long s (U+017F) and the Kelvin sign (U+212A) along. */
export function foldedName(name: string): string {
  const lower = name.toLowerCase();
  return NOT_ASCII.test(lower) ? lower.toUpperCase().toLowerCase() : lower;
}
