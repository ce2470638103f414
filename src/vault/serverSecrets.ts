import { z } from 'zod';

/** The secret part of a server's events, sealed under a data encryption key of the server's own. docs/architecture.md, Secrets. */
export const serverSecretsSchema = z.object({
  /** Sent with every request to the server. */
  headers: z.record(z.string(), z.string()),
  /** Given to the process of a stdio server. */
  env: z.record(z.string(), z.string()),
});

export type ServerSecrets = z.infer<typeof serverSecretsSchema>;

/** Headers of one connection, of the framing or of the path, which are the HTTP client's business and never configured (RFC 9110, 7.6). */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);
