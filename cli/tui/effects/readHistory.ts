import { historyOf } from '../../../src/audit/history.ts';
import { stateAt } from '../../../src/audit/stateAt.ts';
import { findKey } from '../../../src/projections/tables/apiKeys.ts';
import { listStreamHistory, listTrail, type AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import type { KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import { subjectOf } from '../../../src/events/streamName.ts';
import { streamRepairStream } from '../../../src/events/streamRepair.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Effect } from '../state/effect.ts';
import type { Then } from '../state/timeline.ts';
import type { TrailRead } from '../state/trail.ts';

/** Events of one key that are shown; more is for `metamcp-cli audit keys`. */
const HISTORY = 500;
const TRAIL_PAGE = 200;
/** With a filter: how far back one reading looks before it shows what it has found. */
const LOOKED_THROUGH = 5_000;

/** Reads the history of a key or server, and the key as it is now. @throws Unavailable */
export async function readHistory(
  { db }: Stores,
  stream: string,
): Promise<{ stream: string; rows: AuditEventRow[]; row: KeyOnScreen | undefined }> {
  const subject = subjectOf(stream);
  const [own, repairs, row] = await Promise.all([
    listStreamHistory(db, stream, { limit: HISTORY }),
    listStreamHistory(db, streamRepairStream(stream), { limit: HISTORY }),
    subject !== undefined && 'key' in subject ? findKey(db, subject.key) : undefined,
  ]);
  const rows = [...own, ...repairs].sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
  if (row === undefined) return { stream, rows, row };
  const { sealed: _sealed, ...shown } = row;
  return { stream, rows, row: shown };
}

/** Reads the trail from a place back, only what has the words of the filter. @throws Unavailable */
export async function readTrail(
  { db }: Stores,
  { filter, after, generation }: Extract<Effect, { effect: 'readTrail' }>,
): Promise<TrailRead> {
  const words = filter.toLowerCase().split(/\s+/);
  const found: AuditEventRow[] = [];
  let next = after;
  for (let looked = 0; looked < LOOKED_THROUGH && found.length < TRAIL_PAGE; looked += TRAIL_PAGE) {
    const page = await listTrail(db, { order: 'desc', after: next, limit: TRAIL_PAGE });
    found.push(...page.filter((row) => has(row, words)));
    next = page.length < TRAIL_PAGE ? undefined : page.at(-1)?.position;
    if (next === undefined) break;
  }
  return { generation, after, rows: found, next };
}

function has({ type, stream, actor, data }: AuditEventRow, words: readonly string[]): boolean {
  const text = `${type} ${stream} ${actor} ${JSON.stringify(data)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Reads what a key or server was at a moment, from its events. @throws Unavailable */
export async function readThen({ events }: Stores, stream: string, atMs: number | undefined): Promise<Then> {
  // The clocks of other machines may be ahead: now is whatever has happened.
  const { keys, servers } = await stateAt(historyOf(events, stream), atMs ?? Infinity);
  const [key] = keys;
  const [server] = servers;
  if (key !== undefined) return { key };
  return server === undefined ? { nothing: 'It did not exist then.' } : { server };
}
