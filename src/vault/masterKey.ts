import { hkdfSync } from 'node:crypto';
import { Invalid } from '../errors/appError.ts';

/** What wraps the vault's keys: derived from one `ENCRYPTION_KEY`. */
export interface MasterKey {
  /** Public; stored beside everything that it wraps, so that a wrong ENCRYPTION_KEY is not taken for damage. */
  readonly id: string;
  /** 32 bytes for XChaCha20-Poly1305. */
  readonly wrappingKey: Buffer;
}

export interface MasterKeys {
  /** Wraps everything new. */
  readonly current: MasterKey;
  /** Still unwraps what `vault rewrap` has not reached yet. */
  readonly previous: MasterKey | undefined;
}

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
/** 32 bytes are 43 base64 digits and one `=`, in either alphabet. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Reads `ENCRYPTION_KEY` and, while it is being rotated, the previous one: 32 bytes each, as base64, base64url or hex.
 * @throws Invalid `encryption-key-invalid`
 */
export function parseMasterKeys(current: string, previous?: string): MasterKeys {
  return {
    current: parseMasterKey(current, 'ENCRYPTION_KEY'),
    previous: previous === undefined ? undefined : parseMasterKey(previous, 'ENCRYPTION_KEY_PREVIOUS'),
  };
}

function parseMasterKey(text: string, name: string): MasterKey {
  const bytes = decode(text.trim());
  if (bytes === undefined) {
    throw new Invalid(
      'encryption-key-invalid',
      `${name} must be ${KEY_BYTES} random bytes as base64, base64url or hex; make one with: openssl rand -base64 32`,
    );
  }
  const id = derive(bytes, 'metamcp master key id', 8).toString('hex');
  const wrappingKey = derive(bytes, 'metamcp vault wrapping', KEY_BYTES);
  bytes.fill(0);
  return { id, wrappingKey };
}

function decode(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  // Node's base64 decoder reads both alphabets.
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}

/** One derived key per purpose, so that the public id reveals nothing of the key that wraps (HKDF: RFC 5869). */
function derive(bytes: Buffer, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, '', purpose, length));
}
