import { z } from 'zod';
import { isoTime, type Clock } from '../clock.ts';
import { zonedTimeSchema } from '../events/time.ts';
import type { Queryable } from '../postgres/database.ts';
import { usageCsv } from '../usage/usageCsv.ts';
import { usageDocument } from '../usage/usageDocument.ts';
import { DEFAULT_USAGE_TIME_MS, USAGE_DIMENSIONS, usageOf, type UsageFilter } from '../usage/usageQueries.ts';
import { negotiate } from '../front/negotiate.ts';
import { LABEL_QUERY, labelFilterOf } from './keyFilter.ts';
import { validateQuery, type Route } from './route.ts';

const count = z.int().min(0);

const errorsSchema = z.object({
  client: count.meta({ description: 'The client left early, or did not read.' }),
  timeout: count.meta({ description: 'The server did not answer in its time.' }),
  upstream: count.meta({ description: 'The server can’t be reached, broke off, or does not speak MCP.' }),
  cut: count.meta({ description: 'The key or the server was changed or revoked, or the gateway stopped.' }),
  answer: count.meta({ description: 'The server answered with an error that shows in the HTTP status, or over REST.' }),
  refused: count.meta({ description: 'The gateway did not let them through to the server.' }),
});

export const usageRowSchema = z
  .object({
    key_id: z.uuid().optional(),
    server: z.string().optional(),
    method: z.string().optional(),
    tool: z.string().optional(),
    time: z.iso.datetime().optional().meta({ description: 'The beginning of the hour or the day, UTC.' }),
    calls: count,
    failed: count.meta({ description: 'All errors together.' }),
    errors: errorsSchema,
    outcomes: z
      .record(z.string(), count)
      .meta({ description: 'Failed calls, by the code of what ended them: `tool-withheld`, `server-busy`, …' }),
    bytes_in: count.meta({ description: 'Of requests’ bodies, as clients sent them.' }),
    bytes_out: count.meta({ description: 'Of answers’ bodies, as they were written for clients.' }),
    latency_ms: z
      .object({ p50: z.number(), p95: z.number(), p99: z.number() })
      .optional()
      .meta({ description: 'Estimated from a histogram; absent when nothing but streams was counted.' }),
    last_used_at: z.iso.datetime().optional(),
  })
  .meta({ id: 'UsageRow', description: 'Calls that have the same key, server, … as far as `by` names these.' });

export const usageSchema = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    items: z.array(usageRowSchema),
    total: usageRowSchema,
    truncated: z.boolean().meta({ description: 'There are more items than `limit`; `total` counts them, too.' }),
  })
  .meta({ id: 'Usage' });

const querySchema = z.object({
  from: zonedTimeSchema.optional(),
  to: zonedTimeSchema.optional(),
  by: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(USAGE_DIMENSIONS)).max(USAGE_DIMENSIONS.length))
    .optional(),
  key: z.uuid().optional(),
  server: z
    .string()
    .max(256)
    .regex(/^\P{Cc}*$/u)
    .optional(),
  tool: z
    .string()
    .min(1)
    .max(256)
    .regex(/^\P{Cc}*$/u)
    .optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

export interface UsageRoutesOptions {
  readonly db: Queryable;
  readonly clock: Clock;
}

/** Makes the route that counts calls. */
export function usageRoutes({ db, clock }: UsageRoutesOptions): Route[] {
  return [
    /**
     * @openapi
     * /api/v1/usage:
     *   get:
     *     operationId: getUsage
     *     tags: [usage]
     *     summary: Counts calls by key, server, tool, hour or day
     *     description: >-
     *       Scope `usage:read`. A key with this scope sees the usage of all keys and servers: its grants say which servers
     *       it may use, and do not narrow what it may count. Each call of a key at a server counts:
     *       requests, notifications and streams, which `by=tool` separates. A call that the gateway refuses counts, too, as
     *       `refused`, and `outcomes` has the code of what each failed call failed with. Answers pass unread, so a tool’s own failure counts only where it was run over REST. A gateway
     *       writes its counters down every 5 seconds.
     *       With `Accept: text/csv` the items come as CSV.
     *     parameters:
     *       - name: from
     *         in: query
     *         description: From the hour that contains this time on, RFC 3339 with a zone; without it, 24 hours before `to`
     *         schema: { type: string, format: date-time }
     *       - name: to
     *         in: query
     *         description: Hours that begin before this time, RFC 3339 with a zone; without it, now
     *         schema: { type: string, format: date-time }
     *       - name: by
     *         in: query
     *         description: What calls are grouped by, separated by commas; without it there is one item for each server
     *         explode: false
     *         schema: { type: array, items: { type: string, enum: [key, server, tool, hour, day] } }
     *       - name: key
     *         in: query
     *         description: Only this key’s, by its id
     *         schema: { type: string, format: uuid }
     *       - $ref: '#/components/parameters/tag'
     *       - $ref: '#/components/parameters/owner'
     *       - name: server
     *         in: query
     *         description: Only this server’s, by its name
     *         schema: { type: string, maxLength: 256 }
     *       - name: tool
     *         in: query
     *         description: Only calls of this tool
     *         schema: { type: string, maxLength: 256 }
     *       - name: limit
     *         in: query
     *         schema: { type: integer, minimum: 1, maximum: 10000, default: 1000 }
     *     responses:
     *       200:
     *         description: The counts, in the order of time, key, server, method and tool
     *         content:
     *           application/json: { schema: { $ref: '#/components/schemas/Usage' } }
     *           text/csv: { schema: { type: string } }
     */
    {
      method: 'get',
      path: '/api/v1/usage',
      access: 'usage:read',
      query: {
        ...LABEL_QUERY,
        from: 'one',
        to: 'one',
        by: 'one',
        key: 'one',
        server: 'one',
        tool: 'one',
        limit: 'one',
      },
      fails: [406],
      async handle({ query, headers }) {
        const type = negotiate(headers.accept, ['application/json', 'text/csv']);
        const {
          limit,
          by: groupBy = ['server'],
          key,
          server,
          tool,
          ...range
        } = validateQuery(querySchema, Object.fromEntries(query));
        const to = range.to === undefined ? new Date(clock()) : new Date(range.to);
        const from = range.from === undefined ? new Date(to.getTime() - DEFAULT_USAGE_TIME_MS) : new Date(range.from);
        const filter: UsageFilter = { from, to, keyId: key, server, tool, keys: labelFilterOf(query) };
        const rows = await usageOf(db, { ...filter, groupBy, limit: limit + 1 });
        const items = rows.slice(0, limit);
        if (type === 'text/csv') return { text: { type: 'text/csv; charset=utf-8', content: usageCsv(items) } };
        const [total] = await usageOf(db, { ...filter, groupBy: [] });
        return {
          body: {
            from: isoTime(from.getTime()),
            to: isoTime(to.getTime()),
            items: items.map(usageDocument),
            total: total === undefined ? {} : usageDocument(total),
            truncated: rows.length > limit,
          },
        };
      },
    },
  ];
}
