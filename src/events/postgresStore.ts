import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { openConnection } from '../postgres/connection.ts';
import type { Database } from '../postgres/database.ts';
import { encodeEvents } from './encodeEvents.ts';
import type {
  EventStore,
  LogEntry,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  ScanOptions,
  SubscribeOptions,
} from './eventStore.ts';
import { GroupCommit } from './postgres/groupCommit.ts';
import {
  allBackwards,
  allForwards,
  eventAt,
  findIdentity,
  identity,
  lastPosition,
  streamBackwards,
  streamForwards,
  visibility,
  type Page,
} from './postgres/pages.ts';
import { Tail } from './postgres/tail.ts';
import { requireConnection } from './requireConnection.ts';
import { untilAborted } from './untilAborted.ts';

/** Before and beyond every position: PostgreSQL's bigint. We write from 1 on, but whoever has SQL can put a row anywhere. */
const START = -(2n ** 63n);
const END = 2n ** 63n - 1n;

/** Beyond every revision: the largest integer of PostgreSQL. */
const LAST_REVISION = 2 ** 31 - 1;

export interface PostgresStoreOptions {
  /** Reads go through its pool; appends and subscriptions each open one connection more to the same url. Not disposed of. */
  readonly db: Database;
  readonly logger: Logger;
  /** How long an append waits for its answer. (Default: 10_000) */
  readonly appendDeadlineMs?: number;
  /** How often a subscription looks for events whose notification went missing. (Default: 1_000) */
  readonly pollMs?: number;
}

/** Opens the event store in a migrated PostgreSQL database; nothing connects before it is used. */
export function openPostgresStore(options: PostgresStoreOptions): EventStore {
  const { db, logger, appendDeadlineMs = 10_000, pollMs = 1_000 } = options;
  const appends = new GroupCommit({
    deadlineMs: appendDeadlineMs,
    connect: () =>
      openConnection({
        url: db.url,
        applicationName: 'metamcp events append',
        // The server gives up first: then the outcome is known.
        lockTimeoutMs: Math.ceil(appendDeadlineMs * 0.5),
        statementTimeoutMs: Math.ceil(appendDeadlineMs * 0.8),
      }),
  });
  const tail = new Tail({
    logger,
    pollMs,
    connect: (onNotification) =>
      openConnection({ url: db.url, applicationName: 'metamcp events listen', onNotification }),
  });

  async function* subscribe({ after = START, signal }: SubscribeOptions): AsyncGenerator<LogEntry, void, undefined> {
    const ended = AbortSignal.any([signal, tail.disposed]);
    const isOver = (): boolean => ended.aborted;
    tail.start();
    let last = after;
    while (!isOver()) {
      const { count } = tail.appended;
      const page = await nextPage(last, ended);
      for (const event of page?.events ?? []) {
        yield asLogEntry(event);
        last = event.position;
        // The consumer may have taken its time.
        if (isOver()) return;
      }
      if (page === undefined) await tail.appended.waitBeyond(count, ended, pollMs);
      else if (page.last) await tail.appended.waitBeyond(count, ended);
    }
  }

  /** Reads a subscription's next page, or undefined when that is not possible now. */
  async function nextPage(after: bigint, signal: AbortSignal): Promise<Page | undefined> {
    try {
      return await untilAborted(allForwards(tail.db, after, END), signal);
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  async function* readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent, void, undefined> {
    const { direction = 'forwards', after, limit = Infinity, signal } = options;
    const forwards = direction === 'forwards';
    // What is appended while the reader reads would keep it reading.
    const upTo = forwards ? ((await lastPosition(db)) ?? START) : END;
    let last = after ?? (forwards ? START : END);
    for (let left = limit; left > 0;) {
      signal?.throwIfAborted();
      const page = forwards ? await allForwards(db, last, upTo, left) : await allBackwards(db, last, left);
      for (const event of page.events) {
        signal?.throwIfAborted();
        yield event;
      }
      const reached = page.events.at(-1);
      if (page.last || reached === undefined) return;
      last = reached.position;
      left -= page.events.length;
    }
  }

  return {
    // The events lie in the database of the read tables: an older copy brings older tables along.
    connection: 0,

    async append(stream, expected, events, { over } = {}) {
      requireConnection(over, 0);
      return appends.append({ stream, expected, events: encodeEvents(stream, events) });
    },

    async *readStream(stream, { direction = 'forwards', from, limit = Infinity }: ReadStreamOptions = {}) {
      const forwards = direction === 'forwards';
      let next = from ?? (forwards ? 0 : LAST_REVISION);
      for (let left = limit; left > 0;) {
        const page = await (forwards ? streamForwards : streamBackwards)(db, stream, next, left);
        yield* page.events;
        const reached = page.events.at(-1);
        if (page.last || reached === undefined) return;
        next = reached.revision + (forwards ? 1 : -1);
        left -= page.events.length;
      }
    },

    visibility: (stream) => visibility(db, stream),
    eventAt: (position) => eventAt(db, position),
    readAll,
    async *scan({ after, signal }: ScanOptions = {}) {
      for await (const event of readAll({ signal, ...(after !== undefined && { after }) })) yield asLogEntry(event);
    },
    subscribe,
    end: () => lastPosition(db),
    identity: () => identity(db),
    findIdentity: () => findIdentity(db),
    async check() {
      await lastPosition(db);
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([appends[Symbol.asyncDispose](), tail[Symbol.asyncDispose]()]);
    },
  };
}

function asLogEntry(event: RecordedEvent): LogEntry {
  return { kind: 'event', position: event.position, event };
}
