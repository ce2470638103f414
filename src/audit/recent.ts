import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { decodeOrReason, beginsStream } from '../events/knownEvent.ts';
import { subjectOf } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import { hasSettings, withFormerSettings, type TrailRow } from './formerSettings.ts';
import { END, listTrail, type AuditEventRow } from '../projections/tables/auditEvents.ts';
import { auditRow } from '../projections/tables/auditEventsProjection.ts';
import { findStreamHead } from '../projections/tables/streamHeads.ts';
import { listNewestUnreadable, type UnreadableEventRow } from '../projections/tables/unreadableEvents.ts';

/** An event of the trail, or one that can't be read, of which only its place, its type and why are known. */
export type TrailEntry = TrailRow | UnreadableEntry;
export type UnreadableEntry = Pick<UnreadableEventRow, 'stream' | 'revision' | 'position' | 'type' | 'reason'>;

export interface RecentOptions {
  readonly db: Queryable;
  /** How many of the last events. */
  readonly limit: number;
  readonly matches: (entry: TrailEntry) => boolean;
  /** Goes on with what happens from now on; undefined: ends. */
  readonly follow: Following | undefined;
}

export interface Following {
  readonly store: EventStore;
  /** How far the table audit_events has considered the store: what lies beyond comes from there. Undefined: not at all. */
  readonly position: bigint | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Rows read at once: a page for most, and not too many round trips for a rare subject. */
const PAGE = 500;

/**
 * Reads the last events that match, the oldest first, from the audit trail in the tables, then those that come, from the
 * event store. @throws Unavailable, but not once it follows
 */
export async function* recentEvents(options: RecentOptions): AsyncGenerator<TrailEntry[]> {
  const { db, matches, follow } = options;
  yield await lastEntries(options);
  if (follow === undefined) return;
  const { store, position, signal } = follow;
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

async function lastEntries({ db, limit, matches, follow }: RecentOptions): Promise<TrailEntry[]> {
  if (limit === 0 || (follow !== undefined && follow.position === undefined)) return [];
  // What lies behind it comes with the subscription.
  const end = follow?.position === undefined ? END : String(follow.position + 1n);
  const found: TrailEntry[] = [];
  for (let after = end; found.length < limit && follow?.signal.aborted !== true;) {
    const page = await listTrail(db, { order: 'desc', after, limit: Math.max(PAGE, limit) });
    found.push(...page.filter(matches));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.position;
  }
  const unreadable = await listNewestUnreadable(db, { before: end, limit: PAGE });
  const all: TrailEntry[] = [...found, ...unreadable.filter(matches)];
  const newestFirst = all.toSorted((a, b) => (BigInt(a.position) > BigInt(b.position) ? -1 : 1));
  const last = newestFirst.slice(0, limit).reverse();
  const rows = await withFormerSettings(
    db,
    last.filter((entry) => 'actor' in entry),
  );
  return last.map((entry) => ('actor' in entry ? (rows.shift() ?? entry) : entry));
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
