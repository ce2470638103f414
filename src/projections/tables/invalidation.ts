import { z } from 'zod';
import type { RecordedEvent } from '../../events/eventStore.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { repairedStream, subjectOf } from '../../events/streamName.ts';

/** Which keys, roles and servers changed in the read tables; `all`: so many, or it is unknown which, that every one must be read again. */
export type Invalidation =
  | { readonly all: true; readonly at?: number | undefined }
  | {
      readonly keys: readonly string[];
      readonly servers: readonly string[];
      /** Those of the keys that are new. Older versions tell nothing of it. */
      readonly created?: readonly string[] | undefined;
      /** The events that it is about, each as eventName writes it; undefined: they are not known, or too many to be named. */
      readonly events?: readonly string[] | undefined;
      /** Roles: every key that has one of them is another one now. */
      readonly roles?: readonly string[] | undefined;
      /** Servers of which something else is remembered than before; the servers themselves are the same. */
      readonly catalogues?: readonly string[] | undefined;
      /** Sessions that their clients have ended. */
      readonly sessions?: readonly string[] | undefined;
      /** When it was sent, by the clock of its sender, in milliseconds since the epoch. Older versions tell nothing of it. */
      readonly at?: number | undefined;
    };

/** A request of live/confirmations.ts: acknowledge it once everything notified before it has been taken in. */
export interface ConfirmationRequest {
  /** Its id. An acknowledgement of another request, even of a later one, does not count for this one. */
  readonly ask: string;
}

export const INVALIDATION_CHANNEL = 'metamcp_changes';

/** PostgreSQL refuses a payload of 8,000 bytes or more (NOTIFY, parameters). */
const PAYLOAD_LIMIT_BYTES = 8_000;

const payloadSchema = z.union([
  z.object({ all: z.literal(true), at: z.number().optional() }),
  z.object({
    keys: z.array(z.string()),
    servers: z.array(z.string()),
    created: z.array(z.string()).optional(),
    events: z.array(z.string()).optional(),
    roles: z.array(z.string()).optional(),
    catalogues: z.array(z.string()).optional(),
    sessions: z.array(z.string()).optional(),
    at: z.number().optional(),
  }),
  z.object({ ask: z.string() }),
]);

/** Names the keys, roles and servers that the events concern. */
export function invalidationOf(events: readonly Pick<RecordedEvent, 'stream' | 'revision'>[]): Invalidation {
  const created = events.flatMap(({ stream, revision }) => {
    const subject = revision === 0 ? subjectOf(stream) : undefined;
    return subject !== undefined && 'key' in subject && repairedStream(stream) === undefined ? [subject.key] : [];
  });
  const streams = events.map(({ stream }) => stream);
  return {
    ...invalidationOfStreams(streams),
    ...(created.length > 0 && { created }),
    events: events.filter(({ stream }) => subjectOf(stream) !== undefined).map(eventName),
  };
}

/** Names an event by its place, which no other one has. */
export function eventName({ stream, revision }: Pick<RecordedEvent, 'stream' | 'revision'>): string {
  return `${stream}@${revision}`;
}

/** Names the keys, roles and servers that the streams are about. */
export function invalidationOfStreams(streams: readonly string[]): Exclude<Invalidation, { all: true }> {
  const keys = new Set<string>();
  const roles = new Set<string>();
  const servers = new Set<string>();
  for (const stream of streams) {
    const subject = subjectOf(stream);
    if (subject === undefined) continue;
    if ('key' in subject) keys.add(subject.key);
    else if ('role' in subject) roles.add(subject.role);
    else servers.add(subject.server);
  }
  return { keys: [...keys], servers: [...servers], ...(roles.size > 0 && { roles: [...roles] }) };
}

/** Notifies every replica; inside a transaction, when it commits. */
export async function notifyInvalidation(tx: Queryable, change: Invalidation): Promise<void> {
  const at = Date.now();
  const unnamed = 'all' in change ? change : { ...change, events: undefined };
  const payload =
    [change, unnamed]
      .map((each) => JSON.stringify({ ...each, at }))
      .find((text) => Buffer.byteLength(text) < PAYLOAD_LIMIT_BYTES) ?? JSON.stringify({ all: true, at });
  await tx.query<{ notified: string | null }>(
    sql`select pg_notify(${INVALIDATION_CHANNEL}, ${payload})::text as notified`,
  );
}

/** Asks every replica to confirm what was notified so far. */
export async function requestConfirmation(connection: Queryable, question: ConfirmationRequest): Promise<void> {
  const payload = JSON.stringify(question);
  await connection.query<{ notified: string | null }>(
    sql`select pg_notify(${INVALIDATION_CHANNEL}, ${payload})::text as notified`,
  );
}

/** Reads a notification; one that makes no sense means that anything may have changed. */
export function parseInvalidation(payload: string): Invalidation | ConfirmationRequest {
  try {
    return payloadSchema.parse(JSON.parse(payload));
  } catch {
    return { all: true };
  }
}
