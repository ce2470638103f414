import { z } from 'zod';

/** The secret part of a server's events, sealed under a data encryption key of the server's own. DESIGN 3. */
export const serverSecretsSchema = z.object({
  /** Sent with every request to the server. */
  headers: z.record(z.string(), z.string()),
  /** Given to the process of a stdio server. */
  env: z.record(z.string(), z.string()),
});

export type ServerSecrets = z.infer<typeof serverSecretsSchema>;
