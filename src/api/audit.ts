import { z } from 'zod';
import { auditDocument } from '../audit/auditDocument.ts';
import { Invalid } from '../errors/appError.ts';
import { apiKeyStream } from '../events/streamName.ts';
import { roleNameSchema } from '../events/heldRole.ts';
import { keyRoleStream } from '../events/keyRole.ts';
import { mcpServerStream, SERVER_NAME } from '../events/mcpServer.ts';
import type { Queryable } from '../postgres/database.ts';
import { listTrail } from '../projections/tables/auditEvents.ts';
import { AUDIT_FILTER_QUERY, AUDIT_TYPES, auditFilterOf } from './auditFilter.ts';
import { page, PAGE_QUERY, pageOf, pageSchema } from './page.ts';
import { validateQuery, type Route } from './route.ts';

export const auditEventSchema = z
  .object({
    position: z.string().meta({ description: 'Orders all events; may have gaps. A string: it may exceed 2^53.' }),
    id: z.uuid(),
    type: z.enum(AUDIT_TYPES),
    category: z.enum(['key', 'role', 'server', 'catalogue']),
    subject: z.string().meta({ description: 'The key’s id, the role’s name, or the server’s, also of its catalogue.' }),
    revision: z.int().meta({ description: 'Counts the events of the subject within its category, from 0.' }),
    at: z.iso.datetime(),
    actor: z.string().meta({
      description: '`cli:<os user>@<host>`, `cli:<name> as <os user>@<host>`, `key:<id>` or `system:<part>`.',
    }),
    correlation_id: z.string().meta({ description: 'The same in all events of one command.' }),
    data: z.record(z.string(), z.unknown()).meta({ description: 'The event’s data; never a secret.' }),
  })
  .meta({ id: 'AuditEvent', description: 'Something that happened to a key, a role or a server.' });

export const auditEventPageSchema = pageSchema(auditEventSchema).meta({ id: 'AuditEventPage' });

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const querySchema = z
  .object({
    subject: z
      .string()
      .refine((text) => UUID.test(text) || SERVER_NAME.test(text), 'the id of a key or the name of a server')
      .optional(),
    role: roleNameSchema.optional(),
    actor: z
      .string()
      .regex(/^\P{Cc}{1,512}$/u, '1 to 512 characters, none of them a control character')
      .optional(),
    order: z.enum(['asc', 'desc']).default('asc'),
  })
  .refine(({ subject, role }) => subject === undefined || role === undefined, 'can have a subject or a role, not both');

/** Makes the route that shows the audit trail. */
export function auditRoutes({ db }: { readonly db: Queryable }): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/audit/events:
     *   get:
     *     operationId: listAuditEvents
     *     tags: [audit]
     *     summary: Lists what happened to keys, roles and servers, the oldest first
     *     description: >-
     *       Scope `audit:read`. A key with this scope sees the whole trail: its grants say which servers it may use, and
     *       do not narrow what it may audit. Filters are combined: an event is listed when all of them fit.
     *     parameters:
     *       - name: subject
     *         in: query
     *         description: The id of a key, or the name of a server
     *         schema: { type: string }
     *       - name: role
     *         in: query
     *         description: The name of a role, in the place of `subject`
     *         schema: { type: string, maxLength: 32 }
     *       - $ref: '#/components/parameters/auditType'
     *       - name: actor
     *         in: query
     *         description: The actor, exactly as events name it
     *         schema: { type: string, maxLength: 512 }
     *       - $ref: '#/components/parameters/since'
     *       - $ref: '#/components/parameters/until'
     *       - name: order
     *         in: query
     *         description: The oldest first, or the newest
     *         schema: { type: string, enum: [asc, desc], default: asc }
     *       - $ref: '#/components/parameters/limit'
     *       - $ref: '#/components/parameters/cursor'
     *     responses:
     *       200:
     *         description: A page of events
     *         content: { application/json: { schema: { $ref: '#/components/schemas/AuditEventPage' } } }
     */
    {
      method: 'get',
      path: '/api/v1/audit/events',
      access: 'audit:read',
      query: { ...PAGE_QUERY, ...AUDIT_FILTER_QUERY, subject: 'one', role: 'one', actor: 'one', order: 'one' },
      async handle({ query }) {
        const range = pageOf(query);
        const { subject, role, actor, order } = validateQuery(querySchema, {
          subject: query.get('subject') ?? undefined,
          role: query.get('role') ?? undefined,
          actor: query.get('actor') ?? undefined,
          order: query.get('order') ?? undefined,
        });
        const rows = await listTrail(db, {
          ...auditFilterOf(query),
          stream: subject === undefined ? role && keyRoleStream(role) : streamOf(subject),
          actor,
          order,
          after: range.after === undefined ? undefined : positionOf(range.after),
          limit: range.limit + 1,
        });
        return { body: page(rows, range, auditDocument, ({ position }) => position) };
      },
    },
  ];
}

function streamOf(subject: string): string {
  return UUID.test(subject) ? apiKeyStream(subject.toLowerCase()) : mcpServerStream(subject);
}

/** @throws Invalid `page-invalid`, also for what PostgreSQL's bigint does not hold */
function positionOf(cursor: string): string {
  if (!/^\d{1,19}$/.test(cursor) || BigInt(cursor) >= 2n ** 63n) {
    throw new Invalid('page-invalid', 'cursor: not one of ours.');
  }
  return cursor;
}
