import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { sealedSchema } from './sealed.ts';

export const scopeSchema = z.enum([
  'mcp',
  'servers:read',
  'servers:write',
  'servers:exec',
  'keys:read',
  'audit:read',
  'usage:read',
  'events:read',
]);
export type Scope = z.infer<typeof scopeSchema>;

/** `*` every server, `github` one server, `github:search_*` tools of one server by pattern (`*` matches any run of characters). */
export const grantSchema = z.string().regex(/^(\*|[a-z0-9][a-z0-9-]{0,31}(:[A-Za-z0-9_.*/-]{1,128})?)$/);

const access = {
  scopes: z.array(scopeSchema),
  grants: z.array(grantSchema),
  expiresAt: z.iso.datetime().optional(),
};
const reason = { reason: z.string().optional() };

/** The events of an API key's stream. DESIGN 3. */
export const apiKeyEvents = {
  ApiKeyCreated: {
    data: z.object({
      name: z.string(),
      description: z.string().optional(),
      ...access,
      /** The key that this one succeeds, when it was made by a rotation. */
      rotatedFrom: z.uuid().optional(),
      /** KeySecrets (src/auth/keySecrets.ts), sealed. */
      sealed: sealedSchema,
    }),
    upcasts: [],
  },
  ApiKeyInactivated: { data: z.object(reason), upcasts: [] },
  ApiKeyActivated: { data: z.object(reason), upcasts: [] },
  ApiKeyAccessChanged: { data: z.object({ ...access, ...reason }), upcasts: [] },
  ApiKeyRotated: { data: z.object({ successorId: z.uuid(), validUntil: z.iso.datetime(), ...reason }), upcasts: [] },
  /** `dek` names the data encryption key that is shredded with it. */
  ApiKeyDeleted: { data: z.object({ ...reason, dek: z.uuid() }), upcasts: [] },
} as const satisfies Catalogue;

export type ApiKeyEvent = EventOf<typeof apiKeyEvents>;

/** The stream of a key. */
export function apiKeyStream(id: string): string {
  return `apiKey-${id}`;
}
