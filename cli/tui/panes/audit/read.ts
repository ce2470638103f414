import { withFormerSettings } from '../../../../src/audit/formerSettings.ts';
import { listTrail, type AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { Source } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import { AUDIT, takeTrail, type TrailQuery, type TrailRead } from './state.ts';

const PAGE = 200;
/** With a filter: how far back one reading looks before it shows what it has found. */
const MAX_SEARCHED = 5_000;

/** The trail from a place back: only the events that have the words of the filter. */
export const TRAIL: Source<TrailQuery, TrailRead> = {
  async read({ stores: { db } }, { filter, after, generation }) {
    const words = filter.toLowerCase().split(/\s+/);
    const rows: AuditEventRow[] = [];
    let next = after;
    for (let searched = 0; searched < MAX_SEARCHED && rows.length < PAGE; searched += PAGE) {
      const page = await listTrail(db, { order: 'desc', after: next, limit: PAGE });
      rows.push(...page.filter((row) => hasWords(row, words)));
      next = page.length < PAGE ? undefined : page.at(-1)?.position;
      if (next === undefined) break;
    }
    return { generation, after, rows: await withFormerSettings(db, rows), next };
  },
  take: (state, _query, read) => [withSlot(state, AUDIT, takeTrail(slotOf(state, AUDIT), read)), []],
};

function hasWords({ type, stream, actor, data }: AuditEventRow, words: readonly string[]): boolean {
  const text = `${type} ${stream} ${actor} ${JSON.stringify(data)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
