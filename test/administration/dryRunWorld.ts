import { randomBytes } from 'node:crypto';
import type { Administration } from '../../src/administration/administration.ts';
import { AppError, Unavailable } from '../../src/errors/appError.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

type Event = Pick<RecordedEvent, 'stream' | 'type' | 'data'>;

/** What a command did or would do: the events, or the refusal. Ids that are made anew each time count by their order. */
export type Verdict = string;

/** Stores in which everything that a command leaves behind can be seen. */
export interface DryRunWorld extends AsyncDisposable {
  readonly stores: Stores;
  readonly history: MemoryHistory;
  /** Types of events that the store takes no more: it goes away just before. */
  readonly outages: Set<string>;
  /** Has the event store hide a stream, as a limit does, or show all of it again. */
  hide(stream: string): void;
  show(stream: string): void;
  /** Every row of every table, and where the event store ends. */
  traces(): Promise<unknown>;
  /** Runs a command in earnest. */
  verdictOf(command: (administration: Administration) => Promise<unknown>, ids: Map<string, string>): Promise<Verdict>;
  /** Runs a command dry. */
  dryVerdictOf(
    command: (administration: Administration) => Promise<unknown>,
    ids: Map<string, string>,
    dryRun?: ReturnType<Stores['dryRun']>,
  ): Promise<Verdict>;
}

export async function openDryRunWorld(): Promise<DryRunWorld> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const history = new MemoryHistory();
  const outages = new Set<string>();
  const memory = openMemoryStore(history);
  const events: EventStore = {
    ...memory,
    async append(stream, expected, added, options) {
      if (added.some(({ type }) => outages.has(type))) throw new Unavailable('event-store-unavailable', 'It is away.');
      return memory.append(stream, expected, added, options);
    },
  };
  const allOf = (stream: string) => history.events.filter((event) => event.stream === stream);
  const env = {
    DATABASE_URL: database.url,
    JWT_SECRET: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  const stores = opened.use(
    await openStores({
      settings: readSettings({ env, cwd: '/' }),
      logger: createLogger('silent'),
      applicationName: 'test',
      events,
    }),
  );
  // As every program does before it runs a command.
  await stores.projections.pump();
  const closing = opened.move();
  return {
    stores,
    history,
    outages,
    hide(stream) {
      if (allOf(stream).length > 0) history.streams.set(stream, allOf(stream).slice(1));
    },
    show(stream) {
      if (allOf(stream).length > 0) history.streams.set(stream, allOf(stream));
    },
    async traces() {
      const [row] = await stores.db.query<{ digest: string | null }>(
        sql`select md5(schema_to_xml('public', true, false, '')::text) as digest`,
      );
      return { digest: row?.digest, end: history.events.length };
    },
    async verdictOf(command, ids) {
      const before = history.events.length;
      const outcome = await outcomeOf(() => command(stores));
      const appended = history.events.slice(before).map(({ stream, type, data }): Event => {
        return { stream, type, data: JSON.parse(data) as Event['data'] };
      });
      return written({ outcome, events: appended }, ids);
    },
    async dryVerdictOf(command, ids, dryRun = stores.dryRun()) {
      const before = dryRun.events.length;
      const outcome = await outcomeOf(() => command(dryRun));
      const events = dryRun.events.slice(before).map(({ stream, type, data }) => ({ stream, type, data }));
      return written({ outcome, events }, ids);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function outcomeOf(run: () => Promise<unknown>): Promise<object> {
  try {
    const { changed, revision, retired } = (await run()) as { changed: boolean; revision: number; retired: boolean };
    return { changed, revision, retired };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, kind, message, data } = error;
    return { code, kind, message, data };
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Writes a verdict so that two runs of one command can be compared. */
function written(verdict: object, ids: Map<string, string>): Verdict {
  const text = JSON.stringify(verdict, (name, value: unknown) => {
    // A box is drawn anew, and of a new key it holds nothing in a dry run; the end of a grace is the clock's.
    return name === 'box' || name === 'validUntil' ? '…' : value;
  });
  return text.replace(UUID, (id) => {
    if (!ids.has(id)) ids.set(id, `id ${ids.size}`);
    return ids.get(id) ?? id;
  });
}
