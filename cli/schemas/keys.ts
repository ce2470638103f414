import { z } from 'zod';
import { credentialFault, count, eventData, fault, position, commandResult, time, unconfirmed, uuid } from './parts.ts';

const access = {
  scopes: z.array(z.string()).meta({ description: 'Of its own.' }),
  grants: z.array(z.string()).meta({ description: 'Of its own; what its roles grant comes on top.' }),
  roles: z
    .array(
      z.strictObject({
        name: z.string(),
        scopes: z.array(z.string()),
        grants: z.array(z.string()),
        lost: z
          .enum(['deleted', 'hidden', 'removed', 'unreadable', 'retired', 'withheld'])
          .optional()
          .meta({ description: 'Why it gives nothing: it was deleted, or its history has a fault.' }),
      }),
    )
    .optional()
    .meta({ description: 'What each gives now, on top of scopes and grants. Absent when it has none.' }),
  limits: z.array(z.string()).optional().meta({ description: 'As they are written. Absent when there are none.' }),
  networks: z.array(z.string()).optional().meta({ description: 'That it may be used from. Absent: any.' }),
  credentials: z
    .array(z.strictObject({ server: z.string(), header_names: z.array(z.string()), env_names: z.array(z.string()) }))
    .optional()
    .meta({
      description: 'What servers get for this key alone, by name; the values are secret. Absent when there are none.',
    }),
  expires_at: time.optional(),
};

const labels = {
  owner: z.string().optional(),
  tags: z.array(z.string()).optional().meta({ description: 'As in team=search. Absent when there are none.' }),
};

const keyMembers = {
  id: uuid,
  name: z.string(),
  description: z.string().optional(),
  ...labels,
  status: z.enum(['active', 'inactive', 'rotated', 'deleted']),
  fault: fault.optional(),
  ...access,
  rotated_from: uuid.optional(),
  successor_id: uuid.optional(),
  valid_until: time.optional().meta({ description: 'Of a rotated key: until when it works.' }),
  created_at: time,
  created_by: z.string(),
  updated_at: time,
  revision: count,
};

export const keyDocument = z.strictObject(keyMembers);

export const listedKey = z.strictObject({ ...keyMembers, last_used_at: time.optional() });

export const changedKey = z.strictObject({ ...keyMembers, ...commandResult });

const keyDifference = z.union([
  z.strictObject({ what: z.string(), from: z.string(), to: z.string() }),
  z
    .strictObject({ what: z.string(), added: z.array(z.string()), removed: z.array(z.string()) })
    .meta({ description: 'Of a list, as grants.' }),
]);

/** What became of each of the keys that were meant; with --dry-run what would. @param more of a key that was changed */
export function changedKeys(more: z.ZodRawShape = {}): z.ZodType {
  const error = z.strictObject({ code: z.string(), message: z.string() }).optional();
  const leftOut = z
    .string()
    .optional()
    .meta({ description: 'Why it is left out, although it is one of those that are meant.' });
  const named = {
    id: uuid,
    name: z.string(),
    status: z.string(),
    error: error.meta({ description: 'Why not.' }),
    left_out: leftOut,
  };
  const result = {
    ...commandResult,
    changed: commandResult.changed.optional(),
    unconfirmed: unconfirmed.optional(),
    correlation_id: uuid.optional().meta({ description: 'In the audit trail; all that one command changes share it.' }),
  };
  const planned = {
    would_change: z.boolean().optional(),
    would_append: z.array(z.string()).optional(),
    changes: z.array(keyDifference).optional(),
  };
  return z.array(z.union([z.strictObject({ ...named, ...result, ...more }), z.strictObject({ ...named, ...planned })]));
}

const newKeyMembers = {
  id: uuid,
  name: z.string(),
  description: z.string().optional(),
  ...labels,
  status: z.literal('active'),
  ...access,
  revision: count,
  api_key: z.string().meta({ description: 'The key itself: shown this once.' }),
  url: z.string().meta({ description: 'Where clients use it; <server> stands for a server’s name.' }),
  unconfirmed,
  pending: z.string().optional().meta({ description: 'Why the key is stored but can’t be read yet. Keep it.' }),
};

export const newKey = z.strictObject(newKeyMembers);

/** Of a key that many were rotated with. */
export const successor = { successor_id: uuid, api_key: z.string(), old_key_valid_until: time };

export const rotatedKey = z.strictObject({ ...newKeyMembers, rotated_from: uuid, old_key_valid_until: time });

export const shownKey = z.strictObject({
  ...keyMembers,
  credentials: z
    .array(
      z.strictObject({
        server: z.string(),
        header_names: z.array(z.string()),
        env_names: z.array(z.string()),
        fault: credentialFault.optional(),
      }),
    )
    .optional()
    .meta({ description: 'What servers get for this key alone, by name. Absent when there are none.' }),
  calls: count.meta({ description: 'As far back as usage is kept.' }),
  last_used_at: time.optional(),
  history: z.array(
    z.strictObject({
      revision: count,
      type: z.string(),
      at: time,
      actor: z.string(),
      correlation_id: z.string(),
      data: eventData,
    }),
  ),
});

export const auditEvent = z.strictObject({
  position,
  id: uuid,
  type: z.string(),
  category: z.enum(['key', 'role', 'server', 'catalogue']),
  subject: z.string().meta({ description: 'A key’s id, or the name of a role or a server.' }),
  revision: count,
  at: time,
  actor: z.string(),
  correlation_id: z.string(),
  data: eventData,
});

export const unreadableEvent = z.strictObject({
  position,
  type: z.string(),
  category: z.enum(['key', 'role', 'server', 'catalogue']),
  subject: z.string(),
  revision: count,
  unreadable: z.string().meta({ description: 'Why the event can’t be read; its key or server is unusable.' }),
});

export const keyHistory = z.strictObject({
  ...keyMembers,
  history: z.array(
    z.strictObject({
      ...auditEvent.shape,
      changes: z.array(z.strictObject({ what: z.string(), from: z.string().optional(), to: z.string() })),
    }),
  ),
});

export const keyThen = z.strictObject({
  ...keyMembers,
  effective_status: z.enum(['active', 'inactive', 'expired', 'rotating', 'rotated', 'deleted', 'unusable']),
});

const refusal = z.strictObject({ code: z.string(), message: z.string() });

export const verifiedKey = z.union([
  z.strictObject({
    well_formed: z.boolean(),
    good: z.boolean(),
    id: uuid.optional(),
    refusal: refusal.optional().meta({ description: 'Why it is not good.' }),
    key: keyDocument.optional().meta({ description: 'Shown when the secret is right.' }),
  }),
  z.strictObject({ well_formed: z.literal(true), id: uuid }).meta({ description: 'With --offline.' }),
]);
