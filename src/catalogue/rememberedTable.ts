import type { Era } from '../mcp/eras.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// The table remembered_catalogues: what servers offer, as they sent it last, for all gateways. No projection, and no loss.

/** Of one catalogue, in bytes of its JSON. */
export const MAX_CATALOGUE_BYTES = 16 * 1024 * 1024;
/** Of all catalogues together; those that were read first make room. */
const MAX_ALL_BYTES = 256 * 1024 * 1024;
/** Audiences of one server. */
const MAX_AUDIENCES = 1_000;
/** Of them, those with the same key, or with none: clients choose what they declare. The one that declares nothing stays. */
const MAX_ALIKE = 16;
/** Longer than a server may take to give its lists: a gateway that is gone holds the lease no longer. */
const LEASE_MS = 75_000;

/** Which row: a server's catalogue for one audience. */
export interface CatalogueRowId {
  readonly server: string;
  readonly audience: string;
}

export interface RememberedRow extends RememberedState {
  /** Null also for the digest that the caller has it of. */
  content: string | null;
  bytes: number;
}

/** What is known of a catalogue, but for what is in it. */
export interface RememberedState {
  revision: number;
  /** Null: there is none, or it made room for others. */
  digest: string | null;
  readAt: Date | null;
  attempts: number;
  outdated: boolean;
  failure: string | null;
  failures: number;
  failedAt: Date | null;
}

/** Finds what is remembered. @param has the digest of the content that the caller has already */
export async function findRemembered(
  db: Queryable,
  { server, audience }: CatalogueRowId,
  has: string | undefined,
): Promise<RememberedRow | undefined> {
  const [row] = await db.query<RememberedRow>(sql`
    select revision, digest, case when digest = ${has ?? null}::text then null else content end as content, bytes,
      read_at as "readAt", attempts, outdated, failure, failures, failed_at as "failedAt"
    from remembered_catalogues where server = ${server} and audience = ${audience}`);
  return row;
}

/** As `findRemembered`, without the content. */
export async function findRememberedState(
  db: Queryable,
  { server, audience }: CatalogueRowId,
): Promise<RememberedState | undefined> {
  const [row] = await db.query<RememberedState>(sql`
    select revision, digest, read_at as "readAt", attempts, outdated, failure, failures, failed_at as "failedAt"
    from remembered_catalogues where server = ${server} and audience = ${audience}`);
  return row;
}

/** Finds the newest one of what is remembered of a server at a revision for any client of an era and key, or of an era and any key's clients. */
export async function findNewestAudience(
  db: Queryable,
  { server, revision, era, key }: { server: string; revision: number; era: Era | undefined; key: string | undefined },
): Promise<string | undefined> {
  const [row] = await db.query<{ audience: string }>(sql`
    select audience from remembered_catalogues
    where server = ${server} and revision = ${revision} and content is not null
      and key_id is not distinct from ${key ?? null}::uuid
      and (${era ?? null}::text is null or split_part(audience, '.', 1) = ${era ?? null}::text)
    order by read_at desc, audience limit 1`);
  return row?.audience;
}

/** Lists the audiences for which something of a server at a revision is remembered. */
export async function listRemembered(db: Queryable, server: string, revision: number): Promise<{ audience: string }[]> {
  return db.query<{ audience: string }>(sql`
    select audience from remembered_catalogues
    where server = ${server} and revision = ${revision} and content is not null order by audience`);
}

/** How the reading of a server's catalogue for an audience goes. */
export interface CatalogueReading {
  audience: string;
  /** When it was read last; null: never. */
  readAt: Date | null;
  outdated: boolean;
  failure: string | null;
  failures: number;
  failedAt: Date | null;
}

/** Lists how the readings of a server's catalogues go; of the newest 20, those for one key alone left out. */
export async function listReadings(db: Queryable, server: string, revision: number): Promise<CatalogueReading[]> {
  return db.query<CatalogueReading>(sql`
    select audience, read_at as "readAt", outdated, failure, failures, failed_at as "failedAt"
    from remembered_catalogues
    where server = ${server} and revision = ${revision} and key_id is null
    order by coalesce(read_at, failed_at) desc nulls last, audience limit 20`);
}

/** Lists how the readings of the catalogues of all servers go that are enabled, as they are now; those for one key alone left out. */
export async function listAllReadings(db: Queryable): Promise<(CatalogueReading & { server: string })[]> {
  return db.query<CatalogueReading & { server: string }>(sql`
    select server, audience, read_at as "readAt", outdated, failure, failures, failed_at as "failedAt"
    from remembered_catalogues join mcp_servers s on s.name = server and s.revision = remembered_catalogues.revision
    where key_id is null and s.status = 'enabled' order by server, audience`);
}

/** Who asks a server, and what it knows. */
export interface Claim extends CatalogueRowId {
  readonly key: string | undefined;
  readonly revision: number;
  /** The attempts that the caller knows of: with more, another gateway has asked since. */
  readonly attempts: number;
}

/** Takes the lease to ask a server. @returns false while another gateway has it, or has had it since */
export async function claimRefresh(
  db: Queryable,
  { server, audience, key, revision, attempts }: Claim,
): Promise<boolean> {
  const rows = await db.query<{ server: string }>(sql`
    insert into remembered_catalogues as r (server, audience, key_id, revision, leased_until)
    values (${server}, ${audience}, ${key ?? null}::uuid, ${revision}, now() + ${LEASE_MS} * interval '1 ms')
    on conflict (server, audience) do update
    set leased_until = excluded.leased_until, revision = excluded.revision,
      digest = case when r.revision = excluded.revision then r.digest end,
      content = case when r.revision = excluded.revision then r.content end,
      bytes = case when r.revision = excluded.revision then r.bytes else 0 end,
      read_at = case when r.revision = excluded.revision then r.read_at end,
      failure = case when r.revision = excluded.revision then r.failure end,
      failures = case when r.revision = excluded.revision then r.failures else 0 end
    where r.revision < excluded.revision
      or (r.revision = excluded.revision and r.attempts <= ${attempts}
        and (r.leased_until is null or r.leased_until < now()))
    returning r.server`);
  return rows.length > 0;
}

/** What a server has just offered. */
export interface FoundCatalogue extends CatalogueRowId {
  readonly revision: number;
  readonly digest: string;
  /** JSON in UTF-8. */
  readonly content: Buffer;
  /** Why one of its lists is not what it would give; undefined: all are. */
  readonly failure: string | undefined;
}

type NullableFailure = Omit<FoundCatalogue, 'failure'> & { readonly failure?: string | null | undefined };

/** Remembers what a server offers, and gives the lease back. @returns whether it is another catalogue than before */
export async function storeCatalogue(
  db: Queryable,
  { server, audience, revision, digest, content, failure = null }: NullableFailure,
): Promise<boolean> {
  const same = await db.query<{ server: string }>(sql`
    update remembered_catalogues
    set read_at = now(), attempts = attempts + 1, outdated = false, failure = ${failure}::text,
      failures = case when ${failure}::text is null then 0 else failures + 1 end,
      failed_at = now(), leased_until = null
    where server = ${server} and audience = ${audience} and revision = ${revision} and digest = ${digest}
    returning server`);
  if (same.length > 0) return false;
  await db.query(sql`
    update remembered_catalogues
    set digest = ${digest}, content = convert_from(${content}::bytea, 'UTF8'), bytes = ${content.length}, read_at = now(),
      attempts = attempts + 1, outdated = false, failure = ${failure}::text,
      failures = case when ${failure}::text is null then 0 else failures + 1 end,
      failed_at = now(), leased_until = null
    where server = ${server} and audience = ${audience} and revision = ${revision}`);
  await makeRoom(db, server);
  return true;
}

async function makeRoom(db: Queryable, server: string): Promise<void> {
  await db.query(sql`
    update remembered_catalogues r
    set digest = null, content = null, bytes = 0, read_at = null
    from (
      select server, audience, sum(bytes) over (order by read_at desc nulls last, server, audience) as reached
      from remembered_catalogues
    ) as o
    where r.server = o.server and r.audience = o.audience and r.bytes > 0
      and o.reached > ${MAX_ALL_BYTES}`);
  await db.query(sql`
    delete from remembered_catalogues r
    using (
      select audience,
        row_number() over (order by read_at desc nulls last, audience) as place,
        row_number() over (
          partition by key_id
          order by split_part(audience, '.', 2) = '' desc, read_at desc nulls last, audience
        ) as place_alike
      from remembered_catalogues where server = ${server}
    ) as o
    where r.server = ${server} and r.audience = o.audience
      and (o.place > ${MAX_AUDIENCES} or o.place_alike > ${MAX_ALIKE})`);
}

/** Notes that a server could not be asked, and gives the lease back. @param failure the code of the error */
export async function noteFailure(
  db: Queryable,
  { server, audience, revision }: CatalogueRowId & { readonly revision: number },
  failure: string,
): Promise<void> {
  await db.query(sql`
    update remembered_catalogues
    set attempts = attempts + 1, failure = ${failure}, failures = failures + 1, failed_at = now(), leased_until = null
    where server = ${server} and audience = ${audience} and revision = ${revision}`);
}

/** Notes that a server has sent that its lists changed: they are read again, whatever their age. */
export async function noteOutdated(db: Queryable, server: string): Promise<void> {
  await db.query(sql`update remembered_catalogues set outdated = true where server = ${server} and not outdated`);
}

/** Forgets what servers offered. */
export async function forgetServers(db: Queryable, servers: readonly string[]): Promise<void> {
  await db.query(sql`delete from remembered_catalogues where server = any(${[...servers]}::text[])`);
}

/** Forgets what servers offered to single keys. */
export async function forgetKeys(db: Queryable, keys: readonly string[]): Promise<void> {
  await db.query(sql`delete from remembered_catalogues where key_id = any(${[...keys]}::uuid[])`);
}
