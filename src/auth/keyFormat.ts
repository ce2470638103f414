import { crc32 } from 'node:zlib';
import { fromBase62, toBase62 } from './base62.ts';
import {
  ANYWHERE,
  API_KEY,
  API_KEY_PREFIX,
  CHECKSUM_DIGITS,
  formatUuid,
  ID_BYTES,
  ID_DIGITS,
  SECRET_BYTES,
  SECRET_DIGITS,
} from './keyText.ts';

/** An API key, and what it is made of. */
export interface ApiKey {
  /** The key's id: a UUID in lower case. */
  readonly id: string;
  /** 32 random bytes as 43 base62 digits: what the key's owner proves to know. */
  readonly secret: string;
  /** What its owner sends. */
  readonly text: string;
}

/**
 * Makes the API key of an id and 32 random bytes: `mcp_<id>_<secret><CRC-32 of all before>`, all base62. docs/architecture.md, Who may come in.
 * @throws RangeError when the id is no UUID or the secret not 32 bytes
 */
export function makeApiKey(id: string, secretBytes: Uint8Array): ApiKey {
  if (secretBytes.length !== SECRET_BYTES) throw new RangeError(`an API key’s secret is ${SECRET_BYTES} bytes`);
  const secret = toBase62(secretBytes, SECRET_DIGITS);
  return { id: id.toLowerCase(), secret, text: formatApiKey(id, secret) };
}

/** Writes the text of a key whose secret is known. @throws RangeError when the id is no UUID */
export function formatApiKey(id: string, secret: string): string {
  const idBytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  if (idBytes.length !== ID_BYTES) throw new RangeError('an API key’s id is a UUID');
  const body = `${API_KEY_PREFIX}${toBase62(idBytes, ID_DIGITS)}_${secret}`;
  return body + checksum(body);
}

/**
 * Reads an API key. The checksum refuses typos without a look-up, and every key has exactly one text.
 * @returns undefined when the text is no well-formed key
 */
export function parseApiKey(text: string): ApiKey | undefined {
  const match = API_KEY.exec(text);
  if (match === null) return undefined;
  const [, idDigits = '', secret = '', checksumDigits] = match;
  if (checksumDigits !== checksum(text.slice(0, -CHECKSUM_DIGITS))) return undefined;
  const id = fromBase62(idDigits, ID_BYTES);
  if (id === undefined || fromBase62(secret, SECRET_BYTES) === undefined) return undefined;
  return { id: formatUuid(id), secret, text };
}

/** Finds the well-formed keys in a text. */
export function keysIn(text: string): ApiKey[] {
  return [...text.matchAll(ANYWHERE)].flatMap(([found]) => parseApiKey(found) ?? []);
}

function checksum(body: string): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(crc32(body));
  return toBase62(bytes, CHECKSUM_DIGITS);
}
