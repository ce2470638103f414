import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { beginsStream, decodeOrReason } from '../events/knownEvent.ts';
import { subjectOf } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import type { AuditEventRow } from '../projections/tables/auditEvents.ts';
import { auditRow } from '../projections/tables/auditEventsProjection.ts';
import { findStreamHead } from '../projections/tables/streamHeads.ts';
import { hasSettings, withFormerSettings } from './formerSettings.ts';
import type { TrailEntry, UnreadableEntry } from './trailEntry.ts';

export interface Following {
  readonly store: EventStore;
  /** How far the table audit_events has considered the store: what lies beyond comes from there. Undefined: not at all. */
  readonly position: bigint | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Reads the events that come and match, from the event store, until it is aborted. */
export async function* followedEvents({
  db,
  matches,
  follow: { store, position, signal },
}: {
  readonly db: Queryable;
  readonly matches: (entry: TrailEntry) => boolean;
  readonly follow: Following;
}): AsyncGenerator<TrailEntry[]> {
  /** What the table may not have yet: one for each server. */
  const newer = new Map<string, AuditEventRow>();
  for await (const entry of store.subscribe({ after: position, signal })) {
    if (entry.kind !== 'event' || !(await isOurs(db, store, entry.event))) continue;
    const shown = asEntry(entry.event);
    if (shown !== undefined && matches(shown)) {
      yield 'actor' in shown ? await withFormerSettings(db, [shown], newer) : [shown];
    }
    if (shown !== undefined && 'actor' in shown && hasSettings(shown)) newer.set(shown.stream, shown);
  }
}

function asEntry(recorded: RecordedEvent): AuditEventRow | UnreadableEntry | undefined {
  const event = decodeOrReason(recorded);
  if (typeof event !== 'string') return event && auditRow(event);
  const { stream, revision, position, type } = recorded;
  return { stream, revision, position: String(position), type, reason: event };
}

/** Checks whether an event is of a stream of ours: by the table of heads, or else by the stream's first event. */
async function isOurs(db: Queryable, store: EventStore, recorded: RecordedEvent): Promise<boolean> {
  const { stream, revision } = recorded;
  if (subjectOf(stream) === undefined) return false;
  if (revision === 0) return beginsStream(recorded);
  if ((await findStreamHead(db, stream)) !== undefined) return true;
  for await (const first of store.readStream(stream, { limit: 1 })) return beginsStream(first);
  return false;
}
