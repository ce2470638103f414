import { fromBase62 } from './base62.ts';

// What the text of an API key looks like, without what makes and checks one (keyFormat.ts): every report of a failure needs it.

/** What every API key begins with; no token does. */
export const API_KEY_PREFIX = 'mcp_';

export const ID_BYTES = 16;
export const ID_DIGITS = 22;
export const SECRET_BYTES = 32;
export const SECRET_DIGITS = 43;
export const CHECKSUM_DIGITS = 6;

const TEXT = `${API_KEY_PREFIX}([0-9A-Za-z]{${ID_DIGITS}})_([0-9A-Za-z]{${SECRET_DIGITS}})([0-9A-Za-z]{${CHECKSUM_DIGITS}})`;
export const API_KEY = new RegExp(`^${TEXT}$`);
const BEGINNING = new RegExp(`^${API_KEY_PREFIX}([0-9A-Za-z]{1,${ID_DIGITS}})(?:$|_|…|\\.\\.\\.)`);
export const ANYWHERE = new RegExp(TEXT, 'g');

/** The length of every key's text. */
export const API_KEY_LENGTH = API_KEY_PREFIX.length + ID_DIGITS + 1 + SECRET_DIGITS + CHECKSUM_DIGITS;

/**
 * Reads which ids the beginning of a key's text has: what comes after the id is not looked at.
 * @returns the first and the last one; undefined when the text begins no key, or every one
 */
export function idsOfBeginning(text: string): { readonly from: string; readonly to: string } | undefined {
  const digits = BEGINNING.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const first = fromBase62(digits.padEnd(ID_DIGITS, '0'), ID_BYTES);
  if (first === undefined) return undefined;
  const last = fromBase62(digits.padEnd(ID_DIGITS, 'z'), ID_BYTES) ?? Buffer.alloc(ID_BYTES, 0xff);
  return { from: formatUuid(first), to: formatUuid(last) };
}

/** Blots out what looks like a key. */
export function withoutKeys(text: string): string {
  return text.replaceAll(ANYWHERE, 'mcp_…');
}

/** Writes the 16 bytes of an id. */
export function formatUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
