import { eventsOf } from '../events/eventsOf.ts';
import type { EventStore } from '../events/eventStore.ts';
import { auditRow, type AuditEventRow } from '../projections/auditEvents.ts';
import { readable } from './readable.ts';

export interface RecentOptions {
  /** How many of the last events. */
  readonly limit: number;
  readonly matches: (row: AuditEventRow) => boolean;
  /** Goes on with what happens from now on, until the signal is aborted; undefined: ends. */
  readonly follow: AbortSignal | undefined;
}

/**
 * Reads the last events that match, the oldest first, then those that come: from the event store itself, in pages.
 * @throws Refused `history-unreadable`; Unavailable, but not once it follows
 */
export async function* recentEvents(
  store: EventStore,
  { limit, matches, follow }: RecentOptions,
): AsyncGenerator<AuditEventRow[]> {
  const recent: AuditEventRow[] = [];
  // What comes while it reads is what the subscription begins with.
  let after: bigint | undefined;
  for await (const recorded of store.readAll({ direction: 'backwards' })) {
    after ??= recorded.position;
    if (recent.length >= limit || follow?.aborted === true) break;
    const event = readable(recorded);
    const row = event === undefined ? undefined : auditRow(event);
    if (row !== undefined && matches(row)) recent.push(row);
  }
  yield recent.reverse();
  if (follow === undefined) return;
  for await (const recorded of eventsOf(store.subscribe({ after, signal: follow }))) {
    const event = readable(recorded);
    const row = event === undefined ? undefined : auditRow(event);
    if (row !== undefined && matches(row)) yield [row];
  }
}
