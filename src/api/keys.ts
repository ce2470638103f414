import { z } from 'zod';
import { apiKeyDocument } from '../administration/apiKeyDocument.ts';
import { Invalid, NotFound } from '../errors/appError.ts';
import type { LimitsLeft } from '../limits/limitsLeft.ts';
import { scopeSchema } from '../events/apiKey.ts';
import { apiKeyStream } from '../events/streamName.ts';
import { isStorable } from '../events/storable.ts';
import type { Queryable } from '../postgres/database.ts';
import { findKey, type ApiKeyRow } from '../projections/tables/apiKeys.ts';
import { listKeys, listKeysSorted } from '../projections/tables/keyLists.ts';
import type { Clock } from '../clock.ts';
import type { KeyFilter, KeySort } from '../projections/tables/keyFilter.ts';
import { KEY_QUERY, keyFilterOf } from './keyFilter.ts';
import { listStreamHistory, type AuditEventRow } from '../projections/tables/auditEvents.ts';
import { AUDIT_FILTER_QUERY, auditFilterOf } from './auditFilter.ts';
import { page, PAGE_QUERY, pageOf, pageSchema, type Page } from './page.ts';
import { STREAM_FAULTS } from '../projections/tables/streamFault.ts';
import type { Route } from './route.ts';

const namesSchema = z.array(z.string());

export const keySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string().optional(),
    owner: z.string().optional().meta({ description: 'Who answers for it.' }),
    tags: z
      .array(z.string())
      .optional()
      .meta({ description: 'As in team=search. Absent when there are none.', examples: [['team=search']] }),
    status: z
      .enum(['active', 'inactive', 'rotated', 'deleted'])
      .meta({ description: 'A rotated key works until `valid_until`.' }),
    fault: z.enum(STREAM_FAULTS).optional().meta({
      description:
        'Why it can’t be used, whatever its status is; see docs/eventstoredb.md. Absent: only its status counts.',
    }),
    scopes: z.array(scopeSchema).meta({ description: 'Of its own; those of its roles come on top.' }),
    grants: z.array(z.string()).meta({ description: 'Of its own; those of its roles come on top.' }),
    roles: z
      .array(
        z.object({
          name: z.string(),
          scopes: z.array(scopeSchema),
          grants: z.array(z.string()),
          lost: z
            .enum(['deleted', ...STREAM_FAULTS])
            .optional()
            .meta({ description: 'Why it gives nothing: it was deleted, or its history has a fault.' }),
        }),
      )
      .optional()
      .meta({ description: 'What each of its roles gives now. Absent when it has none.' }),
    limits: namesSchema.optional().meta({
      description:
        'How often and how much it may use, as `requests=100/s`; see docs/operating.md. Absent: no limits of its own.',
    }),
    limits_left: z
      .array(z.object({ limit: z.string(), left: z.int() }))
      .optional()
      .meta({
        description:
          'Of one key: what is left of its limits by time at this gateway now; of several gateways, what this one has leased. Bytes beyond a limit count below nothing.',
      }),
    networks: namesSchema.optional().meta({ description: 'The networks that it may be used from. Absent: any.' }),
    credentials: z
      .array(z.object({ server: z.string(), header_names: namesSchema, env_names: namesSchema }))
      .optional()
      .meta({
        description:
          'What servers get for this key alone, by name; the values are shown nowhere. Absent when there are none.',
      }),
    expires_at: z.iso.datetime().optional(),
    rotated_from: z.uuid().optional(),
    successor_id: z.uuid().optional(),
    valid_until: z.iso.datetime().optional(),
    created_at: z.iso.datetime(),
    created_by: z.string(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Key', description: 'A key’s metadata. Its secret is shown once, at its creation, and nowhere else.' });

export const keyPageSchema = pageSchema(keySchema).meta({ id: 'KeyPage' });

export const keyEventSchema = z
  .object({
    revision: z.int(),
    type: z.string().meta({ examples: ['ApiKeyCreated'] }),
    at: z.iso.datetime(),
    actor: z.string(),
    correlation_id: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'KeyEvent' });

export const keyHistoryPageSchema = pageSchema(keyEventSchema).meta({ id: 'KeyHistoryPage' });

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface KeyRoutesOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  /** How long calls are counted. */
  readonly usageRetentionDays: number;
  readonly limitsLeft: LimitsLeft;
}

/** Makes the routes that show keys. Only the CLI changes them. */
export function keyRoutes({ db, clock, limitsLeft, usageRetentionDays }: KeyRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/keys:
     *   get:
     *     operationId: listKeys
     *     tags: [keys]
     *     summary: Lists keys, the oldest first
     *     description: Scope `keys:read`. Filters are combined, so that a key is listed when all of them fit.
     *     parameters:
     *       - $ref: '#/components/parameters/limit'
     *       - $ref: '#/components/parameters/cursor'
     *       - name: include_inactive
     *         in: query
     *         description: Inactive and deleted keys too
     *         schema: { type: boolean, default: false }
     *       - $ref: '#/components/parameters/tag'
     *       - $ref: '#/components/parameters/owner'
     *       - name: status
     *         in: query
     *         description: Only keys that are so now, and may be repeated; `include_inactive` has no meaning then
     *         schema: { type: array, items: { type: string, enum: [active, inactive, expired, rotating, rotated, deleted, unusable] } }
     *       - name: name
     *         in: query
     *         description: Only keys with this in their name, whatever the case
     *         schema: { type: string, maxLength: 256 }
     *       - name: grant
     *         in: query
     *         description: Only keys with this grant, or with one for tools of this server, of their own or of their roles
     *         schema: { type: string }
     *       - name: role
     *         in: query
     *         description: Only keys with this role
     *         schema: { type: string, maxLength: 32 }
     *       - name: unused_since
     *         in: query
     *         description: Only keys that were there by then, and that nobody has used since, RFC 3339 with a zone
     *         schema: { type: string, format: date-time }
     *       - name: expires_before
     *         in: query
     *         description: Only keys that expire before, RFC 3339 with a zone
     *         schema: { type: string, format: date-time }
     *       - name: sort
     *         in: query
     *         description: By age, by name, those that expire first, or those that were not used for the longest time
     *         schema: { type: string, enum: [created, name, expires, last-used], default: created }
     *     responses:
     *       200:
     *         description: A page of keys
     *         content: { application/json: { schema: { $ref: '#/components/schemas/KeyPage' } } }
     */
    {
      method: 'get',
      path: '/api/v1/keys',
      access: 'keys:read',
      query: { ...PAGE_QUERY, ...KEY_QUERY },
      // What is older than the usage that is kept is not known.
      fails: [422],
      async handle({ query }) {
        const range = pageOf(query);
        const { filter, sort } = keyFilterOf(query, { usageRetentionDays, now: clock() });
        return {
          body: await (sort === 'created' ? pageByAge(db, filter, range) : pageSorted(db, filter, sort, range)),
        };
      },
    },
    /**
     * @openapi
     * /api/v1/keys/{id}:
     *   get:
     *     operationId: getKey
     *     tags: [keys]
     *     summary: Shows a key
     *     description: Scope `keys:read`.
     *     parameters:
     *       - $ref: '#/components/parameters/keyId'
     *     responses:
     *       200:
     *         description: The key
     *         headers: { ETag: { $ref: '#/components/headers/ETag' } }
     *         content: { application/json: { schema: { $ref: '#/components/schemas/Key' } } }
     */
    {
      method: 'get',
      path: '/api/v1/keys/:id',
      access: 'keys:read',
      async handle({ params }) {
        const row = await find(db, params['id']);
        const left = limitsLeft(row);
        const document = apiKeyDocument(row);
        return { body: left === undefined ? document : { ...document, limits_left: left }, revision: row.revision };
      },
    },
    /**
     * @openapi
     * /api/v1/keys/{id}/history:
     *   get:
     *     operationId: getKeyHistory
     *     tags: [keys]
     *     summary: Lists what happened to a key, the oldest first
     *     description: Scope `audit:read`; the grants of the key that asks do not narrow it.
     *     parameters:
     *       - $ref: '#/components/parameters/keyId'
     *       - $ref: '#/components/parameters/auditType'
     *       - $ref: '#/components/parameters/since'
     *       - $ref: '#/components/parameters/until'
     *       - $ref: '#/components/parameters/limit'
     *       - $ref: '#/components/parameters/cursor'
     *     responses:
     *       200:
     *         description: A page of events
     *         content: { application/json: { schema: { $ref: '#/components/schemas/KeyHistoryPage' } } }
     */
    {
      method: 'get',
      path: '/api/v1/keys/:id/history',
      access: 'audit:read',
      query: { ...PAGE_QUERY, ...AUDIT_FILTER_QUERY },
      async handle({ params, query }) {
        const { id } = await find(db, params['id']);
        const range = pageOf(query);
        const after = range.after === undefined ? undefined : revisionOf(range.after);
        const rows = await listStreamHistory(db, apiKeyStream(id), {
          ...auditFilterOf(query),
          after,
          limit: range.limit + 1,
        });
        return { body: page(rows, range, toKeyEvent, ({ revision }) => String(revision)) };
      },
    },
  ];
}

async function pageByAge(db: Queryable, filter: KeyFilter, range: Page): Promise<object> {
  const after = range.after === undefined ? undefined : placeOf(range.after);
  const rows = await listKeys(db, { ...filter, after, limit: range.limit + 1 });
  return page(rows, range, apiKeyDocument, ({ createdAt, id }) => `${createdAt.toISOString()} ${id}`);
}

async function pageSorted(db: Queryable, filter: KeyFilter, sort: KeySort, range: Page): Promise<object> {
  const after = range.after === undefined ? undefined : sortedPlaceOf(range.after, sort);
  const rows = await listKeysSorted(db, { ...filter, sort, after, limit: range.limit + 1 });
  return page(
    rows,
    range,
    ({ row }) => apiKeyDocument(row),
    ({ place, row: { id } }) => `${sort} ${id} ${place}`,
  );
}

async function find(db: Queryable, id: string | undefined): Promise<ApiKeyRow> {
  const row = id !== undefined && UUID.test(id) ? await findKey(db, id) : undefined;
  if (row === undefined)
    throw new NotFound(
      'key-not-found',
      'There is no such key. GET /api/v1/keys lists them; those that are no longer active with include_inactive=true.',
    );
  return row;
}

function toKeyEvent({ revision, type, at, actor, correlationId, data }: AuditEventRow): object {
  return { revision, type, at: at.toISOString(), actor, correlation_id: correlationId, data };
}

function placeOf(cursor: string): { createdAt: Date; id: string } {
  const [time = '', id = ''] = cursor.split(' ');
  const createdAt = new Date(time);
  // Years of more than four digits, and those before Christ, are beyond what PostgreSQL holds.
  if (!/^\d{4}-/.test(time) || Number.isNaN(createdAt.getTime()) || !UUID.test(id))
    throw new Invalid('page-invalid', 'cursor: not one of ours.');
  return { createdAt, id };
}

/** @throws Invalid `page-invalid`, also for the cursor of another order */
function sortedPlaceOf(cursor: string, sort: KeySort): { place: string; id: string } {
  const [, of = '', id = '', place = ''] = /^([a-z-]+) (\S+) (.*)$/su.exec(cursor) ?? [];
  if (of !== sort || !UUID.test(id) || !isStorable(place))
    throw new Invalid('page-invalid', 'cursor: not one of ours.');
  return { place, id };
}

function revisionOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw new Invalid('page-invalid', 'cursor: not one of ours.');
  return Number(cursor);
}
