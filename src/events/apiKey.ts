import { z } from 'zod';
import type { Catalogue, EventOf } from './catalogue.ts';
import { GRANT } from './grant.ts';
import { heldRoleSchema, writtenRolesSchema } from './heldRole.ts';
import { keyLimitsSchema, networksSchema } from './limit.ts';
import { serverNameSchema } from './mcpServer.ts';
import { SCOPES } from './scope.ts';
import { sealedSchema } from './sealed.ts';
import { READABLE_TAG_CHARACTERS } from './tag.ts';
import { tagsSchema } from './tagSchema.ts';
import { descriptionSchema, keyNameSchema, ownerSchema, reasonSchema } from './text.ts';
import { eventTimeSchema, writtenTimeSchema } from './time.ts';

export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

export const grantSchema = z.string().regex(GRANT, 'must be *, a server as github, or tools of one as github:search_*');

const access = z.object({
  scopes: z.array(scopeSchema),
  grants: z.array(grantSchema),
  /** What they give comes on top of scopes and grants (src/events/keyRole.ts). (Default: none) */
  roles: z.array(heldRoleSchema).optional(),
  expiresAt: eventTimeSchema.optional(),
  /** (Default: none) */
  limits: keyLimitsSchema.optional(),
  /** The networks that it may be used from. (Default: any) */
  networks: networksSchema.optional(),
});
const reason = z.object({ reason: z.string().optional() });
const labels = {
  /** Who answers for the key. */
  owner: z.string().optional(),
  /** As in team=search. */
  tags: z.array(z.string().max(READABLE_TAG_CHARACTERS)),
};
const created = access.extend({
  name: z.string(),
  description: z.string().optional(),
  owner: labels.owner,
  tags: labels.tags.optional(),
  /** The key that this one succeeds, when it was made by a rotation. */
  rotatedFrom: z.uuid().optional(),
  /** KeySecrets (src/vault/keySecrets.ts), sealed. */
  sealed: sealedSchema,
});
/** `leaked`: somebody has shown the secret to the gateway as one that was found in the open. */
const inactivated = reason.extend({ leaked: z.literal(true).optional() });
/** All labels that the key has from now on. */
const labelled = reason.extend(labels);
const rotated = reason.extend({ successorId: z.uuid(), validUntil: eventTimeSchema });
const credentialSet = reason.extend({
  /** The name of the server that gets it. */
  server: z.string(),
  /** When that server was registered: it is no credential for another one that takes over the name. */
  registeredAt: eventTimeSchema,
  /** Of the server (addressDigest): a server that moves does not get it. */
  address: z.string(),
  /** Names; the values are sealed. */
  headers: z.array(z.string()),
  env: z.array(z.string()),
  /** ServerSecrets (src/vault/serverSecrets.ts), sealed under the data encryption key of the key. */
  sealed: sealedSchema,
});
const credentialRemoved = reason.extend({ server: z.string() });
/** `dek` names the data encryption key that is shredded with it. */
const deleted = reason.extend({ dek: z.uuid() });

// What is written today: narrower than what was written once, and still is read.

const writtenExpiry = { expiresAt: writtenTimeSchema.optional() };
const writtenRoles = { roles: writtenRolesSchema.optional() };
const writtenReason = { reason: reasonSchema.optional() };
const writtenOwner = { owner: ownerSchema.optional() };

const ofKeys = { stream: /^apiKey-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, upcasts: [] } as const;

/** The events of an API key's stream. docs/architecture.md, Events. */
export const apiKeyEvents = {
  ApiKeyCreated: {
    ...ofKeys,
    data: created,
    written: created.extend({
      ...writtenExpiry,
      ...writtenRoles,
      ...writtenOwner,
      name: keyNameSchema,
      description: descriptionSchema.optional(),
      tags: tagsSchema.optional(),
    }),
  },
  ApiKeyInactivated: { ...ofKeys, data: inactivated, written: inactivated.extend(writtenReason) },
  ApiKeyActivated: { ...ofKeys, data: reason, written: reason.extend(writtenReason) },
  ApiKeyAccessChanged: {
    ...ofKeys,
    data: access.extend(reason.shape),
    written: access.extend({ ...writtenExpiry, ...writtenRoles, ...writtenReason }),
  },
  ApiKeyLabelled: {
    ...ofKeys,
    data: labelled,
    written: labelled.extend({ ...writtenReason, ...writtenOwner, tags: tagsSchema }),
  },
  ApiKeyRotated: {
    ...ofKeys,
    data: rotated,
    written: rotated.extend({ ...writtenReason, validUntil: writtenTimeSchema }),
  },
  ApiKeyCredentialSet: {
    ...ofKeys,
    data: credentialSet,
    written: credentialSet.extend({ ...writtenReason, server: serverNameSchema }),
  },
  ApiKeyCredentialRemoved: {
    ...ofKeys,
    data: credentialRemoved,
    written: credentialRemoved.extend({ ...writtenReason, server: serverNameSchema }),
  },
  ApiKeyDeleted: { ...ofKeys, data: deleted, written: deleted.extend(writtenReason) },
} as const satisfies Catalogue;

export type ApiKeyEvent = EventOf<typeof apiKeyEvents>;
