/** Keys (keyFormat.ts) and JSON Web Tokens. */
const CREDENTIALS = /mcp_[A-Za-z\d]+_[A-Za-z\d]+|eyJ[\w-]+(?:\.[\w-]*)+/g;

/** Blots out keys and tokens in a text, wherever they stand in it. */
export function redacted(text: string): string {
  // Most texts have neither, and a search for a word is cheap.
  return text.includes('mcp_') || text.includes('eyJ') ? text.replace(CREDENTIALS, '[secret]') : text;
}
