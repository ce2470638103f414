import { z } from 'zod';
import type { RecordedEvent } from '../../events/eventStore.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { subjectOf } from '../../events/streamName.ts';

/** Which rows of the read tables changed: named, or so many (or nobody knows which) that all must be read again. */
export type Invalidation =
  { readonly all: true } | { readonly keys: readonly string[]; readonly servers: readonly string[] };

/** A question of confirmations.ts: answer once everything notified before it has been taken in. */
export interface ConfirmationRequest {
  /** Names the question. An answer to another one, even a later one, says nothing about this one. */
  readonly ask: string;
}

export const INVALIDATION_CHANNEL = 'metamcp_changes';

/** PostgreSQL refuses a payload of 8,000 bytes or more (NOTIFY, parameters). */
const PAYLOAD_LIMIT_BYTES = 8_000;

const payloadSchema = z.union([
  z.object({ all: z.literal(true) }),
  z.object({ keys: z.array(z.string()), servers: z.array(z.string()) }),
  z.object({ ask: z.string() }),
]);

/** Tells which keys and servers the events concern. */
export function invalidationOf(events: readonly RecordedEvent[]): Invalidation {
  return invalidationOfStreams(events.map(({ stream }) => stream));
}

/** Tells which keys and servers the streams are about. */
export function invalidationOfStreams(streams: readonly string[]): Invalidation {
  const keys = new Set<string>();
  const servers = new Set<string>();
  for (const stream of streams) {
    const subject = subjectOf(stream);
    if (subject === undefined) continue;
    if ('key' in subject) keys.add(subject.key);
    else servers.add(subject.server);
  }
  return { keys: [...keys], servers: [...servers] };
}

/** Notifies every change feed; inside a transaction, when it commits. */
export async function notifyInvalidation(tx: Queryable, change: Invalidation): Promise<void> {
  const named = JSON.stringify(change);
  const payload = Buffer.byteLength(named) < PAYLOAD_LIMIT_BYTES ? named : JSON.stringify({ all: true });
  await tx.query<{ notified: string | null }>(
    sql`select pg_notify(${INVALIDATION_CHANNEL}, ${payload})::text as notified`,
  );
}

/** Asks every change feed to confirm what was notified so far. */
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
