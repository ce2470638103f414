import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonEvent, NO_STREAM, type EventStoreDBClient } from '@eventstore/db-client';
import { Conflict, Unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { appendOutcomeUnknown, appendUntilKnown } from './appendOutcome.ts';
import { encodeEvents } from './encodeEvents.ts';
import type { AppendResult, EventStore, ExpectedRevision, LogEntry, NewEvent, RecordedEvent } from './eventStore.ts';
import { connectionOf } from './eventStoreDb/connect.ts';
import { fromAppend } from './eventStoreDb/failures.ts';
import { createReader } from './eventStoreDb/reader.ts';
import { subscribeTo } from './eventStoreDb/subscription.ts';

/** Its first event's id is the store's identity. Not one of the streams that readers see. */
const IDENTITY_STREAM = 'metamcp-store';

/** Ending its streams takes the client a few milliseconds. */
const DISPOSE_MS = 2_000;

export interface EventStoreDbOptions {
  /** A connection string of EventStoreDB or KurrentDB: esdb://… or esdb+discover://… */
  readonly url: string;
  /** Stands before the name of each of our streams in the store, so that several installations can share one. (Default: '') */
  readonly streamPrefix?: string;
  /** How the names of our streams begin. All others, the server's own too, are left out of every reading. */
  readonly streams: readonly string[];
  readonly logger: Logger;
  /** How long an append waits for its answer; the client itself would wait for ever. (Default: 10_000) */
  readonly appendDeadlineMs?: number;
  /** How long a read waits for the next event. (Default: 10_000) */
  readonly readDeadlineMs?: number;
  /** How often a silent subscription looks whether it has missed something. (Default: 15_000) */
  readonly pollMs?: number;
}

/**
 * Opens the event store in EventStoreDB; nothing connects before it is used.
 * @throws Invalid `event-store-url-invalid`
 */
export function openEventStoreDb(options: EventStoreDbOptions): EventStore {
  const { url, streamPrefix = '', streams, logger } = options;
  const { appendDeadlineMs = 10_000, readDeadlineMs = 10_000, pollMs = 15_000 } = options;
  const client = connectionOf(url);
  const disposed = new AbortController();
  const pending = new Set<Promise<unknown>>();
  const reader = createReader({ client, streamPrefix, streams, deadlineMs: readDeadlineMs, disposed: disposed.signal });
  let identity: Promise<string> | undefined;

  async function append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    encodeEvents(stream, events);
    if (disposed.signal.aborted) throw new Unavailable('event-store-closed', 'The event store is closed.');
    const appending = send(client, streamPrefix + stream, expected, events, appendDeadlineMs);
    pending.add(appending);
    try {
      const { revision, position } = await appending;
      return { revision, position: position ?? (await positionAt(stream, revision)) };
    } catch (error) {
      throw fromAppend(error, stream, expected);
    } finally {
      pending.delete(appending);
    }
  }

  /** The server leaves the position out when it can't tell it without reading. */
  async function positionAt(stream: string, revision: number): Promise<bigint> {
    for await (const event of reader.stream(stream, { from: revision, limit: 1 })) return event.position;
    throw new Error(`${stream}@${revision} was appended and can’t be read`);
  }

  async function findIdentity(): Promise<string | undefined> {
    for await (const { id } of reader.stream(IDENTITY_STREAM, { limit: 1 })) return id;
    return undefined;
  }

  async function makeIdentity(): Promise<string> {
    const found = await findIdentity();
    if (found !== undefined) return found;
    const event = { id: randomUUID(), type: 'StoreIdentified', data: {}, metadata: {} };
    try {
      await appendUntilKnown({ append }, IDENTITY_STREAM, 'no-stream', [event]);
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof Conflict)) throw error;
    }
    return (await findIdentity()) ?? event.id;
  }

  return {
    connection: 0,
    append,
    async visibility(stream) {
      for await (const { revision } of reader.stream(stream, { limit: 1 })) return revision === 0 ? 'whole' : 'hidden';
      return 'absent';
    },
    async eventAt(position) {
      for await (const event of reader.all({ after: position - 1n, limit: 1 })) {
        return event.position === position ? event : undefined;
      }
      return undefined;
    },
    async *scan({ after } = {}) {
      const end = await reader.tail();
      for await (const event of reader.all(after === undefined ? {} : { after })) yield asLogEntry(event);
      if (end !== undefined && (after === undefined || end > after)) yield { kind: 'passed', position: end };
    },
    readStream: (stream, given) => reader.stream(stream, given),
    readAll: (given) => reader.all(given),
    async *subscribe({ after, signal }) {
      const ended = AbortSignal.any([signal, disposed.signal]);
      const given = { client, reader, streamPrefix, streams, logger, deadlineMs: readDeadlineMs, pollMs };
      for await (const event of subscribeTo(given, after, ended)) yield asLogEntry(event);
    },
    end: () => reader.tail(),
    async identity() {
      identity ??= makeIdentity();
      return identity.catch((error: unknown) => {
        identity = undefined;
        throw error;
      });
    },
    async check() {
      await reader.tail();
    },
    async [Symbol.asyncDispose]() {
      disposed.abort();
      await Promise.allSettled(pending);
      // It waits for the end of each of its streams, and has been seen to wait for ever.
      await Promise.race([client.dispose(), delay(DISPOSE_MS, undefined, { ref: false })]);
    },
  };
}

/** Sends one append. Not retried: what the client throws says whether it may have happened. */
async function send(
  client: EventStoreDBClient,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
  deadlineMs: number,
): Promise<{ readonly revision: number; readonly position: bigint | undefined }> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(appendOutcomeUnknown(undefined)), deadlineMs);
  try {
    const { nextExpectedRevision, position } = await Promise.race([
      client.appendToStream(
        stream,
        events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata })),
        {
          expectedRevision: expected === 'no-stream' ? NO_STREAM : BigInt(expected),
          requiresLeader: true,
          // The server gives up first: what it refuses to begin late is not appended.
          deadline: Math.ceil(deadlineMs * 0.8),
        },
      ),
      late.promise,
    ]);
    return { revision: Number(nextExpectedRevision), position: position?.commit };
  } finally {
    clearTimeout(timer);
  }
}

function asLogEntry(event: RecordedEvent): LogEntry {
  return { kind: 'event', position: event.position, event };
}
