import { z } from 'zod';
import { auditEvent, keyThen } from './keys.ts';
import { count, position, commandResult, time, unconfirmed, uuid } from './parts.ts';
import { roleThen } from './roles.ts';
import { serverDocument } from './servers.ts';

export const migrated = z.strictObject({ applied: z.array(z.string()) });

export const databaseStatus = z.strictObject({
  embedded: z.boolean(),
  pending: count,
  migrations: z.array(z.strictObject({ name: z.string(), applied_at: time.optional() })),
  last_position: position.optional(),
  event_store_fault: z.string().optional(),
  projections: z
    .array(
      z.strictObject({
        name: z.string(),
        version: count,
        position: position.optional(),
        outdated: z.boolean(),
        built: z.boolean(),
        stopped_reason: z.string().optional(),
      }),
    )
    .optional()
    .meta({ description: 'Absent while migrations are pending.' }),
  faults: z
    .array(
      z.strictObject({
        stream: z.string(),
        revision: count.optional().meta({ description: 'Of an event that can’t be read.' }),
        fault: z.enum(['limited', 'hidden', 'removed', 'unreadable', 'retired']),
        meaning: z.string(),
        remedy: z.string().optional(),
      }),
    )
    .optional()
    .meta({ description: 'Keys and servers that can’t be used because of their history; the first 100 of each kind.' }),
});

export const rebuilt = z.strictObject({
  events: count,
  position: position.optional(),
  tables: z.array(z.strictObject({ name: z.string(), rows: count, missing: count, different: count, surplus: count })),
  lost: z.strictObject({ streams: count, named: z.array(z.string()) }),
  unconfirmed,
});

export const skippedEvent = z.strictObject({
  stream: z.string(),
  revision: count,
  type: z.string(),
  fault: z.string().meta({ description: 'Why it can’t be read.' }),
  ...commandResult,
});

export const copied = z.strictObject({ events: count, copied: count });

export const rewrapped = z.strictObject({ rewrapped: count, previous_key_needed: z.boolean() });

const digest = z.string().meta({ description: 'SHA-256 over all members, base64url.' });
const listThen = z
  .strictObject({
    count,
    digest: digest.optional(),
    items: z.array(
      z.strictObject({
        name: z.string().meta({ description: 'Or the URI, or the template.' }),
        digest,
        unapproved: z
          .enum(['new', 'changed'])
          .optional()
          .meta({ description: 'Of a tool that nobody had approved as it was.' }),
      }),
    ),
  })
  .meta({ description: 'Of a list with more than 1,000 items the first ones.' });

const catalogueThen = z.strictObject({
  server: z.string(),
  era: z.enum(['legacy', 'modern']),
  capabilities: z
    .string()
    .optional()
    .meta({ description: 'A digest of those that the clients declare; absent: none.' }),
  key: uuid.optional().meta({ description: 'The only key that it was offered to.' }),
  seen_at: time,
  server_revision: count,
  digest,
  flapping: z.literal(true).optional().meta({ description: 'It changed more often within the hour than is recorded.' }),
  tools: listThen,
  prompts: listThen,
  resources: listThen,
  resource_templates: listThen,
});

export const stateThen = z.strictObject({
  at: time,
  keys: z.array(keyThen),
  roles: z.array(roleThen).meta({ description: 'Without --key and --server.' }),
  servers: z.array(serverDocument),
  catalogues: z.array(catalogueThen).meta({ description: 'What servers offered, as far as it was seen.' }),
});

const { data: _data, correlation_id: _correlationId, ...namedEvent } = auditEvent.shape;
const turn = z.union([
  z.strictObject({ at: time, by: z.literal('time') }),
  z.strictObject({ at: time, by: z.literal('event'), event: z.strictObject(namedEvent) }),
  z
    .strictObject({
      at: time,
      by: z.literal('unreadable'),
      event: z.strictObject({ stream: z.string(), revision: count }),
    })
    .meta({ description: 'An event that can’t be read made it unusable.' }),
]);

const covering = {
  id: uuid,
  name: z.string(),
  grants: z.array(z.string()).meta({ description: 'Those of its own that covered it.' }),
  roles: z
    .array(z.strictObject({ name: z.string(), grants: z.array(z.string()) }))
    .optional()
    .meta({ description: 'Those of its roles that covered it. Absent when there were none.' }),
};

export const whoCould = z.strictObject({
  at: time,
  server: z.string(),
  tool: z.string().optional(),
  server_status: z.enum(['unregistered', 'enabled', 'disabled', 'deleted']),
  server_fault: z.enum(['unreadable', 'retired']).optional(),
  tool_status: z
    .enum(['offered', 'withheld', 'not-offered', 'unknown'])
    .optional()
    .meta({ description: 'Absent when no tool is asked for, or the server could not be used.' }),
  catalogue_seen_at: time.optional(),
  catalogue_fault: z.literal('unreadable').optional(),
  keys: z.array(z.strictObject({ ...covering, since: turn, until: turn.optional() })),
  keys_without_tool: z
    .array(z.strictObject(covering))
    .optional()
    .meta({ description: 'They had a grant for the tool, which was not to be had with them.' }),
  unusable_keys: z
    .array(z.strictObject(covering))
    .meta({ description: 'They would have been able to, but an event of their history can’t be read.' }),
});

const fault = z.strictObject({
  kind: z.string(),
  stream: z.string(),
  revision: z.int().optional(),
  position: position.optional(),
  meaning: z.string(),
});

const parts = z.array(z.strictObject({ part: z.string(), sentence: z.string() }));

export const verification = z.strictObject({
  ok: z.boolean(),
  store: uuid,
  events: count,
  streams: count,
  foreign_events: count,
  skipped_events: count,
  from: time.optional(),
  to: time.optional(),
  position: position.optional(),
  duration_ms: count,
  events_per_second: count,
  against: z.strictObject({ created_at: time, same_store: z.boolean() }).optional(),
  covered: parts.optional().meta({ description: 'What is proved; absent with a fault.' }),
  not_covered: parts.optional(),
  fault: fault.optional(),
});

export const writtenCheckpoint = z.union([
  z.strictObject({
    version: z.literal(1),
    store: uuid,
    created_at: time,
    position: position.optional(),
    events: count,
    heads: z.array(z.strictObject({ stream: z.string(), revision: count, hash: z.string() })),
    public_key: z.string(),
    signature: z.string(),
  }),
  z
    .strictObject({
      file: z.string(),
      store: uuid,
      created_at: time,
      position: position.optional(),
      events: count,
      streams: count,
    })
    .meta({ description: 'With --out.' }),
]);

export const replayed = z.strictObject({
  equal: z.boolean(),
  events: count,
  position: position.optional(),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      rows: count,
      equal: count,
      missing: count,
      different: count,
      surplus: count,
      first_differing: z.array(z.string()).optional(),
    }),
  ),
  schema_kept: z.boolean(),
});
