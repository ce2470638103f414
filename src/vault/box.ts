import { randomBytes } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/**
 * Encrypts with XChaCha20-Poly1305: nonce, ciphertext, tag. Its nonce is long enough to be drawn at random for ever
 * (draft-irtf-cfrg-xchacha, 3.1).
 * @param about bound to the box (associated data): the same box does not open as something else
 */
export function closeBox(key: Uint8Array, about: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = xchacha20poly1305(key, nonce, Buffer.from(about, 'utf8'));
  return Buffer.concat([nonce, cipher.encrypt(plain)]);
}

/** Decrypts a box. @returns undefined when the key, the box or what it is about is another */
export function openBox(key: Uint8Array, about: string, box: Uint8Array): Buffer | undefined {
  if (box.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, box.subarray(0, NONCE_BYTES), Buffer.from(about, 'utf8'));
  try {
    const plain = cipher.decrypt(box.subarray(NONCE_BYTES));
    // A view, not a copy: a caller that wipes it wipes the only one.
    return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  } catch {
    return undefined;
  }
}
