import { pg } from '../../postgres/driver.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// Tables of the same shape beside the live ones: what the handlers write to on a connection that finds them first. The only
// file whose statements are put together from names; each name comes out of PostgreSQL's own quoting.

/** A read table and the one that was made like it. All names are quoted. */
export interface Shadow {
  /** The table's name, not quoted. */
  readonly name: string;
  readonly live: string;
  readonly shadow: string;
  /** The columns of the primary key. */
  readonly key: readonly string[];
}

/** What a live table lacks, and what it has instead. */
export interface Differences {
  /** Rows of the shadow: those that the events give. */
  readonly rows: number;
  /** Rows of the shadow that the live table lacks. */
  readonly missing: number;
  /** Rows that are in both, but not the same. */
  readonly different: number;
  /** Rows that the live table has and the shadow has not. */
  readonly surplus: number;
  /** The key of the first row that differs. */
  readonly first: readonly string[] | undefined;
}

/** A stream whose last event, as the live table knows it, the shadow has not. */
export interface LostHeads {
  readonly streams: number;
  /** Some of them, by name. */
  readonly named: readonly string[];
}

/**
 * Makes a table like the live one, indexes and all: a temporary one, which no other connection sees and which no crash
 * leaves behind, or one in a schema of that name.
 */
export async function createShadow(databaseSession: Queryable, table: string, schema?: string): Promise<Shadow> {
  const [found] = await databaseSession.query<{ live: string; key: string[] }>(sql`
    select format('%I.%I', n.nspname, c.relname) as live,
      array(
        select quote_ident(a.attname) from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
        where i.indrelid = c.oid and i.indisprimary
        order by array_position(i.indkey::smallint[], a.attnum)
      ) as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(quote_ident(${table}))`);
  if (found === undefined || found.key.length === 0) throw new TypeError(`no table ${table} with a primary key`);
  const { live, key } = found;
  const shadow = `${schema === undefined ? 'pg_temp' : pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  await run(
    databaseSession,
    `create ${schema === undefined ? 'temporary' : 'unlogged'} table ${shadow} (like ${live} including all)`,
  );
  return { name: table, live, shadow, key };
}

/** Lets the planner know what a shadow holds; autovacuum skips temporary tables. */
export async function analyze(connection: Queryable, { shadow }: Shadow): Promise<void> {
  await run(connection, `analyze ${shadow}`);
}

/** Checks whether the live table has any row. */
export async function hasRows(connection: Queryable, { live }: Shadow): Promise<boolean> {
  const [row] = await run<{ found: boolean }>(connection, `select exists (select from ${live}) as found`);
  return row?.found === true;
}

/** Compares a live table with its shadow, row by row. */
export async function compare(connection: Queryable, table: Shadow): Promise<Differences> {
  const { live, shadow, key } = table;
  const [first = 'true'] = key;
  const [row] = await run<{
    rows: number;
    missing: number;
    different: number;
    surplus: number;
    first: string[] | null;
  }>(
    connection,
    `with differing as (
      select l.${first} is null as missing, s.${first} is null as surplus,
        ${key.map((column) => `coalesce(l.${column}, s.${column}) as ${column}`).join(', ')}
      from ${live} l full join ${shadow} s on ${sameKey(key)}
      where row(l.*) is distinct from row(s.*)
    )
    select (select count(*) from ${shadow})::integer as rows,
      count(*) filter (where missing)::integer as missing,
      count(*) filter (where not missing and not surplus)::integer as different,
      count(*) filter (where surplus)::integer as surplus,
      (select array[${key.map((column) => `${column}::text`).join(', ')}]
        from differing order by ${key.join(', ')} limit 1) as first
    from differing`,
  );
  if (row === undefined) throw new TypeError('an aggregate has one row');
  return { ...row, first: row.first ?? undefined };
}

/** Makes a live table equal to its shadow; rows that are equal already are not touched. */
export async function makeEqual(tx: Queryable, { live, shadow, key }: Shadow): Promise<void> {
  await run(
    tx,
    `delete from ${live} l where not exists (
      select from ${shadow} s where ${sameKey(key)} and row(s.*) is not distinct from row(l.*))`,
  );
  await run(
    tx,
    `insert into ${live} select s.* from ${shadow} s where not exists (select from ${live} l where ${sameKey(key)})`,
  );
}

/**
 * Finds the streams of the live stream_heads whose last event the shadow has not, or has with other contents.
 * @param upTo last events beyond this position are left out
 */
export async function findLostHeads(
  connection: Queryable,
  { live, shadow }: Shadow,
  upTo: bigint | undefined,
): Promise<string[]> {
  const rows = await connection.query<{ stream: string }>({
    text: `select l.stream
      from ${live} l left join ${shadow} s on s.stream = l.stream
      where (s.stream is null or s.revision < l.revision or (s.revision = l.revision and s.hash <> l.hash))
        and ($1::bigint is null or l.position <= $1::bigint)
      order by l.stream`,
    values: [upTo === undefined ? null : String(upTo)],
  });
  return rows.map(({ stream }) => stream);
}

/** Lets rows count again that wait for an event which the live stream_heads knows and the shadow has not: its loss was accepted. */
export async function releaseLost(connection: Queryable, { live, shadow }: Shadow): Promise<void> {
  await run(
    connection,
    `delete from withheld_streams w using ${live} l left join ${shadow} s on s.stream = l.stream
      where w.stream = l.stream and w.revision <= l.revision and (s.stream is null or s.revision < w.revision)`,
  );
}

/**
 * Makes a schema, unless there is an empty one, and lets the connection find its tables first.
 * @returns false when it holds anything already
 */
export async function createShadowSchema(connection: Queryable, schema: string): Promise<boolean> {
  await run(connection, `create schema if not exists ${pg.escapeIdentifier(schema)}`);
  const [row] = await connection.query<{ empty: boolean }>(sql`
    select not exists (
      select from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = to_regnamespace(quote_ident(${schema}))
    ) as empty`);
  if (row?.empty !== true) return false;
  await connection.query<{ path: string | null }>(sql`
    select set_config('search_path', quote_ident(${schema}) || ', ' || current_setting('search_path'), false)::text as path`);
  return true;
}

/** Removes a schema and the tables in it. */
export async function dropShadowSchema(connection: Queryable, schema: string): Promise<void> {
  await run(connection, `drop schema ${pg.escapeIdentifier(schema)} cascade`);
}

function sameKey(key: readonly string[]): string {
  return key.map((column) => `l.${column} = s.${column}`).join(' and ');
}

function run<Row extends object>(connection: Queryable, text: string): Promise<Row[]> {
  return connection.query<Row>({ text, values: [] });
}
