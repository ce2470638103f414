import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { JsonObject, RecordedEvent, Visibility } from '../eventStore.ts';

/** Events in a page at most. */
const PAGE_EVENTS = 500;

/** Bytes in a page, but always one event: 500 events of 1 MiB each would not do. */
const PAGE_BYTES = 4 * 1_048_576;

/** A run of events as one statement reads it. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Nothing followed when it was read, or the limit was reached. */
  readonly last: boolean;
}

interface Row {
  position: string;
  stream: string;
  revision: number;
  event_id: string;
  type: string;
  data: unknown;
  metadata: unknown;
  size: number;
}

/** Reads the position of the last event, or undefined in an empty store. @throws Unavailable */
export async function lastPosition(db: Queryable): Promise<bigint | undefined> {
  const rows = await db.query<{ position: string }>(sql`
    select e.position from events e order by e.position desc limit 1`);
  return rows[0] && BigInt(rows[0].position);
}

/** Reads the identity of the store; the first who asks makes it. @throws Unavailable */
export async function identity(db: Queryable): Promise<string> {
  const known = await findIdentity(db);
  if (known !== undefined) return known;
  await db.query(sql`insert into event_store_identity (id) values (gen_random_uuid()) on conflict do nothing`);
  const made = await findIdentity(db);
  if (made === undefined) throw new TypeError('it has just been made');
  return made;
}

/** Reads the identity of the store; undefined: nobody has asked for it yet. @throws Unavailable */
export async function findIdentity(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(sql`select id from event_store_identity`);
  return row?.id;
}

/** Finds out whether a stream begins with revision 0: a user with SQL can delete rows. @throws Unavailable */
export async function visibility(db: Queryable, stream: string): Promise<Visibility> {
  const [row] = await db.query<{ revision: number }>(sql`
    select e.revision from events e where e.stream = ${stream} order by e.revision limit 1`);
  return row === undefined ? 'absent' : row.revision === 0 ? 'whole' : 'hidden';
}

/** Reads the event at a position, or undefined when none is there. @throws Unavailable */
export async function eventAt(db: Queryable, position: bigint): Promise<RecordedEvent | undefined> {
  const [row] = await db.query<Row>(sql`
    select e.position, e.stream, e.revision, e.event_id, e.type, e.data, e.metadata, e.size
    from events e where e.position = ${position}`);
  return row && recorded(row);
}

/** Reads events beyond `after` and up to `upTo`, both positions. @throws Unavailable */
export async function allForwards(db: Queryable, after: bigint, upTo: bigint, limit = Infinity): Promise<Page> {
  const rows = await db.query<Row>(sql`
    select p.position, p.stream, p.revision, p.event_id, p.type, p.data, p.metadata, p.size
    from (
      select e.*, sum(e.size) over (order by e.position) - e.size as bytes_before
      from events e where e.position > ${after} and e.position <= ${upTo}
      order by e.position limit ${Math.min(limit, PAGE_EVENTS)}
    ) p where p.bytes_before < ${PAGE_BYTES} order by p.position`);
  return page(rows, limit);
}

/** Reads events before `before`, a position, the last first. @throws Unavailable */
export async function allBackwards(db: Queryable, before: bigint, limit = Infinity): Promise<Page> {
  const rows = await db.query<Row>(sql`
    select p.position, p.stream, p.revision, p.event_id, p.type, p.data, p.metadata, p.size
    from (
      select e.*, sum(e.size) over (order by e.position desc) - e.size as bytes_before
      from events e where e.position < ${before}
      order by e.position desc limit ${Math.min(limit, PAGE_EVENTS)}
    ) p where p.bytes_before < ${PAGE_BYTES} order by p.position desc`);
  return page(rows, limit);
}

/** Reads a stream's events from the revision `from` on. @throws Unavailable */
export async function streamForwards(db: Queryable, stream: string, from: number, limit = Infinity): Promise<Page> {
  const rows = await db.query<Row>(sql`
    select p.position, p.stream, p.revision, p.event_id, p.type, p.data, p.metadata, p.size
    from (
      select e.*, sum(e.size) over (order by e.revision) - e.size as bytes_before
      from events e where e.stream = ${stream} and e.revision >= ${from}
      order by e.revision limit ${Math.min(limit, PAGE_EVENTS)}
    ) p where p.bytes_before < ${PAGE_BYTES} order by p.revision`);
  return page(rows, limit);
}

/** Reads a stream's events from the revision `from` back to the first. @throws Unavailable */
export async function streamBackwards(db: Queryable, stream: string, from: number, limit = Infinity): Promise<Page> {
  const rows = await db.query<Row>(sql`
    select p.position, p.stream, p.revision, p.event_id, p.type, p.data, p.metadata, p.size
    from (
      select e.*, sum(e.size) over (order by e.revision desc) - e.size as bytes_before
      from events e where e.stream = ${stream} and e.revision <= ${from}
      order by e.revision desc limit ${Math.min(limit, PAGE_EVENTS)}
    ) p where p.bytes_before < ${PAGE_BYTES} order by p.revision desc`);
  return page(rows, limit);
}

function page(rows: readonly Row[], limit: number): Page {
  const bytes = rows.reduce((sum, row) => sum + row.size, 0);
  return {
    events: rows.map(recorded),
    last: rows.length >= limit || (rows.length < PAGE_EVENTS && bytes < PAGE_BYTES),
  };
}

function recorded(row: Row): RecordedEvent {
  return {
    id: row.event_id,
    type: row.type,
    // Casts: the table's checks hold both columns to JSON objects.
    data: row.data as JsonObject,
    metadata: row.metadata as JsonObject,
    stream: row.stream,
    revision: row.revision,
    position: BigInt(row.position),
  };
}
