import { appendOutcomeUnknown } from './appendOutcome.ts';
import { encodeEvents } from './encodeEvents.ts';
import type { AppendOptions, AppendResult, EventStore, ExpectedRevision, NewEvent } from './eventStore.ts';
import { appendCall } from './eventStoreDb/appendCall.ts';
import { closedError, createConnections } from './eventStoreDb/connections.ts';
import { parseConnectionString } from './eventStoreDb/connectionString.ts';
import { findIdentity, findOrMakeIdentity, identityEvent, type Identity } from './eventStoreDb/identity.ts';
import { namesOf } from './eventStoreDb/names.ts';
import { eventAt, readAll, readStream } from './eventStoreDb/reader.ts';
import { readEnd, scan } from './eventStoreDb/scan.ts';
import { createStoreCalls } from './eventStoreDb/storeCalls.ts';
import { subscribeTo } from './eventStoreDb/subscription.ts';
import { visibilityOf } from './eventStoreDb/visibility.ts';
import { Conflict, Unavailable } from '../errors/appError.ts';
import { systemClock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outageLog.ts';

export interface EventStoreDbOptions {
  /** A connection string of EventStoreDB or KurrentDB: esdb://… or esdb+discover://… */
  readonly url: string;
  /** Stands before the name of each of our streams in the store, so that several installations can share one. (Default: '') */
  readonly streamPrefix?: string;
  /** How the names of our streams begin. All others, the server's own too, are left out of every reading. */
  readonly streams: readonly string[];
  readonly logger: Logger;
  /** How long an append waits for its answer. (Default: the url's `defaultDeadline`, or 10_000) */
  readonly appendDeadlineMs?: number;
  /** How long a read waits for the next event. (Default: the url's `defaultDeadline`, or 10_000) */
  readonly readDeadlineMs?: number;
  /** How long a call is retried while nodes answer, but no leader, in ms: an election takes 1 to 6 s. (Default: 15_000) */
  readonly retryForMs?: number;
  /** How often a silent subscription looks whether it has missed something. (Default: 15_000) */
  readonly pollMs?: number;
}

/**
 * Opens the event store in EventStoreDB; nothing connects before it is used.
 * @throws Invalid `event-store-url-invalid`
 */
export function openEventStoreDb(options: EventStoreDbOptions): EventStore {
  const settings = parseConnectionString(options.url);
  const { streamPrefix = '', streams, logger, retryForMs = 15_000, pollMs = 15_000 } = options;
  const deadlineMs = settings.deadlineMs ?? 10_000;
  const { appendDeadlineMs = deadlineMs, readDeadlineMs = deadlineMs } = options;
  const connections = createConnections(settings, () => parseConnectionString(options.url).tls);
  const names = namesOf(streamPrefix, streams);
  const disposed = new AbortController();
  const calls = createStoreCalls({
    connections,
    names,
    user: settings.tls === undefined ? undefined : settings.user?.name,
    readDeadlineMs,
    retryForMs,
    maxDiscoverAttempts: settings.maxDiscoverAttempts,
    discoveryIntervalMs: settings.discoveryIntervalMs,
    disposed: disposed.signal,
  });
  const outages = createOutageLog({ logger, clock: systemClock });
  const pending = new Set<Promise<unknown>>();
  let known: { readonly identity: Promise<Identity>; readonly connection: number } | undefined;

  async function append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    { over }: AppendOptions = {},
  ): Promise<AppendResult> {
    const encoded = encodeEvents(stream, events);
    if (disposed.signal.aborted) throw closedError();
    const name = names.inStore(stream);
    const appending = calls.call(
      'append',
      { stream: name, append: { stream, expected } },
      async (connection) => appendCall(connection, { name, stream, expected, events: encoded }, appendDeadlineMs),
      over,
    );
    pending.add(appending);
    try {
      const { revision, position } = await appending;
      return { revision, position: position ?? (await positionAt(stream, revision)) };
    } finally {
      pending.delete(appending);
    }
  }

  /** The server leaves the position out when it would have to read for it. */
  async function positionAt(stream: string, revision: number): Promise<bigint> {
    for await (const event of readStream(calls, stream, { from: revision, limit: 1 })) return event.position;
    // Another node, most likely, that has not heard of it yet; sent again, the append is answered with the position.
    throw appendOutcomeUnknown(undefined);
  }

  /** What was found over one connection proves nothing about the store that answers over the next. */
  async function identified(): Promise<Identity> {
    if (known?.connection !== connections.number) {
      const identity = findOrMakeIdentity(store);
      const mine = { identity, connection: connections.number };
      known = mine;
      identity.catch(() => {
        if (known === mine) known = undefined;
      });
    }
    return known.identity;
  }

  const store: EventStore = {
    get connection() {
      return connections.number;
    },
    append,
    readStream: (stream, options) => readStream(calls, stream, options),
    visibility: (stream) => visibilityOf(calls, stream),
    eventAt: (position) => eventAt(calls, position),
    readAll: (options) => readAll(calls, options),
    scan: (options) => scan(calls, options),
    subscribe({ after, signal }) {
      return subscribeTo({ calls, outages, pollMs }, after, AbortSignal.any([signal, disposed.signal]));
    },
    end: () => readEnd(calls),
    async identity() {
      return (await identified()).id;
    },
    findIdentity: () => findIdentity(store),
    async check() {
      await readEnd(calls);
      const { stream, id } = await identified();
      // Appended to what was deleted meanwhile, the event would be stored once more.
      if ((await visibilityOf(calls, stream)) === 'hidden') {
        known = undefined;
        await identified();
      }
      try {
        // Stored already: it proves that it could be, and changes nothing.
        await append(stream, 'no-stream', [identityEvent(id)]);
      } catch (error) {
        // Another history, which takes appends, too.
        if (error instanceof Conflict) return;
        if (!(error instanceof Unavailable) || error.code !== 'append-outcome-unknown') throw error;
        // The server confirmed nothing, because nothing was to be stored.
        throw new Unavailable('event-store-unavailable', 'EventStoreDB does not take appends now.', { cause: error });
      }
    },
    async [Symbol.asyncDispose]() {
      disposed.abort();
      await Promise.allSettled(pending);
      connections[Symbol.dispose]();
    },
  };
  return store;
}
