import type { Queryable } from '../postgres/database.ts';
import { END, listTrail } from '../projections/tables/auditEvents.ts';
import { listNewestUnreadable } from '../projections/tables/unreadableEvents.ts';
import type { Following } from './followedEvents.ts';
import { withFormerSettings } from './formerSettings.ts';
import type { TrailEntry } from './trailEntry.ts';

export interface RecentOptions {
  readonly db: Queryable;
  /** How many of the last events. */
  readonly limit: number;
  readonly matches: (entry: TrailEntry) => boolean;
  /** Goes on with what happens from now on; undefined: ends. */
  readonly follow: Following | undefined;
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
  // What reads events themselves is loaded only here: most only look at the trail.
  const { followedEvents } = await import('./followedEvents.ts');
  yield* followedEvents({ db, matches, follow });
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
