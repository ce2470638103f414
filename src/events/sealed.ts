import { z } from 'zod';

/**
 * Secrets inside an event: XChaCha20-Poly1305 under the data encryption key `dek`, with the stream's name as associated
 * data. Readable only through the vault (src/vault/vault.ts), and by nobody once the key is shredded.
 */
export const sealedSchema = z.object({
  /** Id of the data encryption key in `vault_keys`. */
  dek: z.uuid(),
  /** base64url of nonce, ciphertext and tag. */
  box: z.base64url(),
});

export type Sealed = z.infer<typeof sealedSchema>;
