import type { Settings } from '../settings/settings.ts';
import { urlOfRunning } from '../embedded/running.ts';
import { AppError } from '../errors/appError.ts';
import type { JsonObject } from '../events/eventStore.ts';
import { carriedHash } from '../events/carriedHash.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { readMigrations } from '../postgres/migrationFiles.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { sql } from '../postgres/sql.ts';
import { VERSIONS } from '../projections/tables/versions.ts';

export interface CurrentTablesOptions {
  readonly settings: Pick<Settings, 'databaseUrl' | 'eventStoreUrl' | 'home'>;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
}

/** How long a statement may take, in milliseconds. */
const STATEMENT_MS = 10_000;

/**
 * Connects to the read tables alone, where nothing has to be done before they are read: PostgreSQL runs, has all migrations, and the
 * tables contain every event. That is so beside a gateway that runs, and takes a third of what opening all stores takes.
 * @returns undefined: the stores have to be opened, which does what is to be done, or says what is wrong
 */
export async function openCurrentTables(options: CurrentTablesOptions): Promise<Connection | undefined> {
  const { settings, applicationName } = options;
  // How far an EventStoreDB is, its client alone can tell, which takes longer to load than all of this.
  if (settings.eventStoreUrl !== undefined) return undefined;
  await using opened = new AsyncDisposableStack();
  try {
    const url = settings.databaseUrl ?? urlOfRunning(settings.home);
    if (url === undefined) return undefined;
    const connection = opened.use(await openConnection({ url, applicationName, statementTimeoutMs: STATEMENT_MS }));
    if (!(await areCurrent(connection))) return undefined;
    opened.move();
    return connection;
  } catch (error) {
    if (fromRejection(error) instanceof AppError) return undefined;
    throw error;
  }
}

interface Row {
  projection: string;
  version: number;
  built: boolean;
  stoppedReason: string | null;
  store: string | null;
  position: string | null;
  bookmarkPosition: string | null;
  bookmarkId: string | null;
  bookmarkHash: string | null;
  migrated: boolean | null;
  identity: string | null;
  end: string | null;
  eventId: string | null;
  metadata: unknown;
}

/**
 * Whether the tables are of this version, run, and contain all that this store has, and the store all that they contain. It is one
 * statement, because a command waits for each, and because of several, each would see another moment.
 */
async function areCurrent(db: Queryable): Promise<boolean> {
  const versions: Readonly<Record<string, number>> = VERSIONS;
  const names = Object.keys(versions);
  const migrations = Object.fromEntries(readMigrations().map(({ name, checksum }) => [name, checksum]));
  const rows = await db.query<Row>(sql`
    select c.projection, c.version, c.built, c.stopped_reason as "stoppedReason", c.store, c.position,
      c.bookmark_position as "bookmarkPosition", c.bookmark_id as "bookmarkId", c.bookmark_hash as "bookmarkHash",
      (select jsonb_object_agg(m.name, m.checksum) = ${JSON.stringify(migrations)}::jsonb from schema_migrations m) as migrated,
      (select i.id from event_store_identity i) as identity,
      (select e.position from events e order by e.position desc limit 1) as end,
      e.event_id as "eventId", coalesce(e.metadata, 'null') as metadata
    from checkpoints c left join events e on e.position = c.bookmark_position
    where c.projection = any(${names}::text[])
    order by c.bookmark_position desc nulls last`);
  const [newest] = rows;
  if (newest?.migrated !== true || rows.length < names.length) return false;
  for (const { projection, version, position, built, stoppedReason, store, identity, end } of rows) {
    if (version !== versions[projection] || store === null || store !== identity) return false;
    if (!built || stoppedReason !== null || position !== end) return false;
  }
  if (newest.bookmarkPosition === null) return true;
  // The very event that was applied last, and not one of an older copy that has grown past it.
  const { bookmarkId, bookmarkHash, eventId, metadata } = newest;
  return (
    bookmarkId !== null &&
    eventId === bookmarkId &&
    carriedHash({ metadata: metadata as JsonObject }) === (bookmarkHash ?? '')
  );
}
