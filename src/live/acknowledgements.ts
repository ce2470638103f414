import { z } from 'zod';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

export const ACKNOWLEDGEMENT_CHANNEL = 'metamcp_acks';

const acknowledgementSchema = z.object({ feed: z.int(), question: z.string() });

/**
 * One replica's confirmation: everything notified before a question has been taken in. `feed` is the id of the replica's
 * announcement (replicas.ts), `question` the one that it answers.
 */
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/** Sends an acknowledgement to everyone who waits for confirmations. @throws Unavailable */
export async function acknowledge(connection: Queryable, acknowledgement: Acknowledgement): Promise<void> {
  const payload = JSON.stringify(acknowledgement);
  await connection.query<{ notified: string | null }>(
    sql`select pg_notify(${ACKNOWLEDGEMENT_CHANNEL}, ${payload})::text as notified`,
  );
}

/** Reads an acknowledgement; undefined when it is none. */
export function parseAcknowledgement(payload: string): Acknowledgement | undefined {
  try {
    return acknowledgementSchema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
