import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A longer one was not made here: Node accepts headers of 16 KiB in all. */
const MAX_LENGTH = 8_192;

/**
 * Seals texts for clients to hold: no client can read or make one. AES-256-GCM; layout: version, nonce, ciphertext, tag.
 */
export interface TextSeal {
  seal(text: string): string;
  /** Opens a sealed text, or returns undefined when it was not sealed here. */
  open(sealed: string): string | undefined;
}

/**
 * @param key 32 bytes, the same on every replica
 * @param domain what the texts are: one that was sealed for another domain does not open
 */
export function createTextSeal(key: Buffer, domain: string): TextSeal {
  const associatedData = Buffer.from(domain);
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData);
      const sealed = [Buffer.of(VERSION), nonce, cipher.update(text, 'utf8'), cipher.final()];
      return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(sealed) {
      if (sealed.length > MAX_LENGTH) return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      // The decoder skips what is not base64url; only the one true spelling is what was sealed.
      if (bytes.length <= 1 + NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
      if (bytes[0] !== VERSION) return undefined;
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData);
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
