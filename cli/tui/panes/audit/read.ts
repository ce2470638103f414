import { namesInHistory } from '../../../stores/namesInHistory.ts';
import { trailSubject } from '../../../views/auditView.ts';
import { actorTitle, type KeyNames } from '../../../views/keyView.ts';
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
    const names = new Map<string, string>();
    let next = after;
    for (let searched = 0; searched < MAX_SEARCHED && rows.length < PAGE; searched += PAGE) {
      const page = await listTrail(db, { order: 'desc', after: next, limit: PAGE });
      for (const [id, name] of await namesInHistory(db, page)) names.set(id, name);
      rows.push(...page.filter((row) => hasWords(row, words, names)));
      next = page.length < PAGE ? undefined : page.at(-1)?.position;
      if (next === undefined) break;
    }
    return { generation, after, rows: await withFormerSettings(db, rows), names, next };
  },
  take: (state, _query, read) => [withSlot(state, AUDIT, takeTrail(slotOf(state, AUDIT), read)), []],
};

/** Looks in what the event has, and in the names of its key and of the key that made it. */
function hasWords(row: AuditEventRow, words: readonly string[], names: KeyNames): boolean {
  const { type, stream, actor, data } = row;
  const subject = trailSubject(row, names);
  const text =
    `${type} ${stream} ${subject} ${actor} ${actorTitle(actor, names)} ${JSON.stringify(data)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
