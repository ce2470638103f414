/** Tells whether a text can be stored: no database takes a NUL, and no JSON half a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
