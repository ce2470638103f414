/** Writes a word as it would be typed in a shell: what could be taken for two words, or for something else, gets quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
