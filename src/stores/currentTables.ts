import type { Settings } from '../settings/settings.ts';
import { urlOfRunning } from '../embedded/running.ts';
import { AppError } from '../errors/appError.ts';
import { eventAt, identity, lastPosition } from '../events/postgres/pages.ts';
import { openConnection, type Connection } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/database.ts';
import { isMigrated } from '../postgres/migrate.ts';
import { fromRejection } from '../postgres/rejection.ts';
import { bookmarkOf, newestBookmark, readCheckpoints } from '../projections/tables/checkpoints.ts';
import { versionOf } from '../projections/tables/projection.ts';
import { allProjections } from './allProjections.ts';

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

/** Whether the tables are of this version, run, and contain all that this store has, and the store all that they contain. */
async function areCurrent(db: Queryable): Promise<boolean> {
  if (!(await isMigrated(db))) return false;
  const names = allProjections.map(({ name }) => name);
  const checkpoints = await readCheckpoints(db, names);
  const end = await lastPosition(db);
  const store = await identity(db);
  if (checkpoints.length < names.length) return false;
  for (const { projection, version, position, built, stoppedReason, ...checkpoint } of checkpoints) {
    if (version !== versionOf(allProjections, projection) || checkpoint.store !== store) return false;
    if (!built || stoppedReason !== undefined || position !== end) return false;
  }
  const newest = newestBookmark(checkpoints);
  if (newest === undefined) return true;
  // The very event that was applied last, and not one of an older copy that has grown past it.
  const event = await eventAt(db, newest.position);
  return event?.id === newest.id && bookmarkOf(event).hash === newest.hash;
}
