import { z } from 'zod';

/** The secret part of an API key's events, sealed under the key's own data encryption key. docs/architecture.md, Secrets. */
export const keySecretsSchema = z.object({
  /** HMAC-SHA-256 of the secret: see fingerprint.ts. */
  fingerprint: z.base64url(),
  /** Argon2id of the secret, as a PHC string: see argon.ts. */
  hash: z.string(),
  /**
   * The secret itself, 43 base62 digits (keyFormat.ts). Only in the successor that a rotation makes, so that a rotation which was
   * interrupted half-way can be finished and its key still be shown.
   */
  secret: z.string().optional(),
});
