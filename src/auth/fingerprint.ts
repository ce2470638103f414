import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Fingerprints of secrets. They settle in microseconds whether a secret is right, so that a wrong one never costs an
 * Argon2. docs/architecture.md, Who may come in.
 */
export interface Fingerprints {
  /** Computes the fingerprint of a secret, base64url. */
  of(secret: string): string;
  /** Compares in constant time: how much of a guess was right must not show in how long the answer takes. */
  matches(fingerprint: string, secret: string): boolean;
}

/** Makes fingerprints: HMAC-SHA-256 under the vault's system key `fingerprint`. */
export function createFingerprints(key: Buffer): Fingerprints {
  const digest = (secret: string) => createHmac('sha256', key).update(secret, 'utf8').digest();
  return {
    of: (secret) => digest(secret).toString('base64url'),
    matches(fingerprint, secret) {
      const expected = Buffer.from(fingerprint, 'base64url');
      const actual = digest(secret);
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}
