import type { Settings } from '../settings/settings.ts';
import { Invalid } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import { openPostgresStore } from '../events/postgresStore.ts';
import { STREAM_PREFIXES } from '../events/streamName.ts';
import type { Logger } from '../logging/logger.ts';
import { openDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';

export interface EventStoreSources {
  readonly settings: Pick<Settings, 'eventStoreUrl' | 'eventStorePrefix'>;
  /** The database of the read tables; without EVENT_STORE_URL it has the events, too. */
  readonly db: Database;
  readonly logger: Logger;
}

/** Opens the configured event store: EventStoreDB, or else the tables in the database. @throws Invalid */
export async function openEventStore({ settings, db, logger }: EventStoreSources): Promise<EventStore> {
  const { eventStoreUrl: url, eventStorePrefix: streamPrefix } = settings;
  return url === undefined ? openPostgresStore({ db, logger }) : openEventStoreDbAt(url, streamPrefix, logger);
}

/**
 * Opens an event store by name: `postgres` (the tables in the database), `eventstoredb` (EVENT_STORE_URL), or the URL of
 * either kind. Another Postgres is migrated first.
 * @throws Invalid `event-store-unknown`, `event-store-url-invalid`; Unavailable
 */
export async function openEventStoreNamed(name: string, sources: EventStoreSources): Promise<EventStore> {
  const { settings, db, logger } = sources;
  if (name === 'postgres') return openPostgresStore({ db, logger });
  if (name === 'eventstoredb' && settings.eventStoreUrl !== undefined) return openEventStore(sources);
  if (/^(esdb|kurrentdb)(\+discover)?:/.test(name)) return openEventStoreDbAt(name, settings.eventStorePrefix, logger);
  if (/^postgres(ql)?:/.test(name)) return openPostgresStoreAt(name, logger);
  throw new Invalid(
    'event-store-unknown',
    name === 'eventstoredb'
      ? 'eventstoredb stands for EVENT_STORE_URL, which is not set.'
      : 'An event store is named by postgres, eventstoredb, or a URL that begins with postgresql:// or esdb://.',
  );
}

/** Imports the adapter when it is needed: gRPC takes 250 ms to load (measured), for which every command of the CLI would wait. */
async function openEventStoreDbAt(url: string, streamPrefix: string, logger: Logger): Promise<EventStore> {
  const { openEventStoreDb } = await import('../events/eventStoreDb.ts');
  return openEventStoreDb({ url, streamPrefix, streams: STREAM_PREFIXES, logger });
}

async function openPostgresStoreAt(url: string, logger: Logger): Promise<EventStore> {
  await using opened = new AsyncDisposableStack();
  const db = opened.use(openDatabase({ url, applicationName: 'metamcp events' }));
  await migrate(db);
  const store = opened.use(openPostgresStore({ db, logger }));
  const closing = opened.move();
  return { ...store, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
