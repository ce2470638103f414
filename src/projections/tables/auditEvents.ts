import { streamsAbout } from '../../events/streamName.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The rows of the table audit_events, which auditEventsProjection.ts writes.

export interface AuditEventRow {
  stream: string;
  revision: number;
  /** A bigint, as text. */
  position: string;
  id: string;
  type: string;
  at: Date;
  actor: string;
  correlationId: string;
  data: unknown;
}

/** Which events to list; what is absent does not narrow. */
export interface TrailFilter {
  readonly types?: readonly string[] | undefined;
  /** The first moment, included. */
  readonly since?: Date | undefined;
  /** The moment from which on no more. */
  readonly until?: Date | undefined;
}

/** Lists the history of a stream, the oldest first, from the revision after `after` on. */
export async function listStreamHistory(
  db: Queryable,
  stream: string,
  { after, limit, types, since, until }: TrailFilter & { readonly after?: number | undefined; readonly limit: number },
): Promise<AuditEventRow[]> {
  const [onlyTypes, first, end] = [types === undefined ? null : [...types], since ?? null, until ?? null];
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events
    where stream = ${stream} and revision > ${after ?? -1}
      and (${onlyTypes}::text[] is null or type = any(${onlyTypes}::text[]))
      and (${first}::timestamptz is null or at >= ${first}::timestamptz)
      and (${end}::timestamptz is null or at < ${end}::timestamptz)
    order by revision limit ${limit}`);
}

/** Finds events by their whole ids or the ends of them, the newest first. */
export async function findEventsByIdEnd(db: Queryable, end: string, limit: number): Promise<AuditEventRow[]> {
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events
    where right(replace(id::text, '-', ''), length(${end}::text)) = ${end}::text
    order by position desc limit ${limit}`);
}

/** Lists the events of a command up to one of them, the newest first. */
export async function listEventsOfCommand(
  db: Queryable,
  { actor, correlationId, position }: Pick<AuditEventRow, 'actor' | 'correlationId' | 'position'>,
  limit: number,
): Promise<AuditEventRow[]> {
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events
    where actor = ${actor} and position <= ${position}::bigint and correlation_id = ${correlationId}
    order by position desc limit ${limit}`);
}

/** Finds for each update of a server's settings the event that set them before: `of` is the revision of the update. */
export async function listFormerSettings(
  db: Queryable,
  updates: readonly Pick<AuditEventRow, 'stream' | 'revision'>[],
): Promise<(AuditEventRow & { of: number })[]> {
  const of = JSON.stringify(updates.map(({ stream, revision }) => ({ stream, revision })));
  return db.query<AuditEventRow & { of: number }>(sql`
    select u.revision as of, a.stream, a.revision, a.position, a.id, a.type, a.at, a.actor,
      a.correlation_id as "correlationId", a.data
    from jsonb_to_recordset(${of}::jsonb) as u (stream text, revision integer)
    cross join lateral (
      select * from audit_events e
      where e.stream = u.stream and e.revision < u.revision and e.type in ('McpServerRegistered', 'McpServerUpdated')
      order by e.revision desc limit 1
    ) as a`);
}

/** A page of the whole trail. */
export interface TrailPage extends TrailFilter {
  /** Of a key or a server, with its catalogue and the repairs. */
  readonly stream?: string | undefined;
  readonly actor?: string | undefined;
  /** (Default: the oldest first) */
  readonly order?: 'asc' | 'desc' | undefined;
  /** The position of the last row of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Beyond every position: the largest bigint of PostgreSQL. */
export const END = String(2n ** 63n - 1n);

/** Lists the trail in the order of the events, or backwards. */
export async function listTrail(db: Queryable, page: TrailPage): Promise<AuditEventRow[]> {
  const { order = 'asc', after, since, until } = page;
  const bounds = since === undefined && until === undefined ? { first: '-1', last: END } : await timeBounds(db, page);
  if (bounds === undefined) return [];
  return order === 'asc'
    ? listForwards(db, page, { first: bounds.first, after: after ?? '-1', last: bounds.last })
    : listBackwards(db, page, { first: bounds.first, after: after ?? END, last: bounds.last });
}

interface Range {
  /** Positions, included. */
  readonly first: string;
  readonly last: string;
  /** Itself excluded. */
  readonly after: string;
}

async function listForwards(
  db: Queryable,
  { stream, types, actor = null, since = null, until = null, limit }: NullableFilter,
  { first, last, after }: Range,
): Promise<AuditEventRow[]> {
  const onlyTypes = types === undefined ? null : [...types];
  const streams = typeof stream === 'string' ? [...streamsAbout(stream)] : null;
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events
    where position > ${after}::bigint and position >= ${first}::bigint and position <= ${last}::bigint
      and (${streams}::text[] is null or stream = any(${streams}::text[]))
      and (${onlyTypes}::text[] is null or type = any(${onlyTypes}::text[]))
      and (${actor}::text is null or actor = ${actor}::text)
      and (${since}::timestamptz is null or at >= ${since}::timestamptz)
      and (${until}::timestamptz is null or at < ${until}::timestamptz)
    order by position limit ${limit}`);
}

async function listBackwards(
  db: Queryable,
  { stream, types, actor = null, since = null, until = null, limit }: NullableFilter,
  { first, last, after }: Range,
): Promise<AuditEventRow[]> {
  const onlyTypes = types === undefined ? null : [...types];
  const streams = typeof stream === 'string' ? [...streamsAbout(stream)] : null;
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events
    where position < ${after}::bigint and position >= ${first}::bigint and position <= ${last}::bigint
      and (${streams}::text[] is null or stream = any(${streams}::text[]))
      and (${onlyTypes}::text[] is null or type = any(${onlyTypes}::text[]))
      and (${actor}::text is null or actor = ${actor}::text)
      and (${since}::timestamptz is null or at >= ${since}::timestamptz)
      and (${until}::timestamptz is null or at < ${until}::timestamptz)
    order by position desc limit ${limit}`);
}

type NullableFilter = {
  readonly [K in keyof Omit<TrailPage, 'types' | 'limit'>]: TrailPage[K] | null;
} & Pick<TrailPage, 'types' | 'limit'>;

/**
 * Finds positions around a span of time, so that an index by position serves it: times rise with positions, but for the
 * clocks of several machines, which differ by less than a day. @returns undefined when nothing lies in it
 */
async function timeBounds(
  db: Queryable,
  {
    since = null,
    until = null,
  }: { readonly since?: Date | null | undefined; readonly until?: Date | null | undefined },
): Promise<{ first: string; last: string } | undefined> {
  const [row] = await db.query<{ first: string | null; last: string | null }>(sql`
    select
      (select position from audit_events
       where at >= coalesce(${since}::timestamptz, '-infinity') - interval '1 day' order by at limit 1) as first,
      (select position from audit_events
       where at < coalesce(${until}::timestamptz, 'infinity') + interval '1 day' order by at desc limit 1) as last`);
  return row?.first == null || row.last == null ? undefined : { first: row.first, last: row.last };
}
