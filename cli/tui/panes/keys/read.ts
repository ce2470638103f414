import { credentialFaults, type CredentialFaults } from '../../../../src/administration/credentialFaults.ts';
import { apiKeyStream } from '../../../../src/events/streamName.ts';
import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import { findKey } from '../../../../src/projections/tables/apiKeys.ts';
import { countKeys, keyTotals, listKeyWindow, type KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import { countUsedKeys, lastUsed, recentCalls } from '../../../../src/usage/usageQueries.ts';
import type { KeyFilter, KeySort } from '../../../../src/projections/tables/keyFilter.ts';
import { PAGE, takePage, type PageQuery, type PageRead } from '../../frame/lists/window.ts';
import type { Source } from '../../frame/model.ts';
import { listHeight, readFrom, slotOf, updateContents, withSlot } from '../../frame/state.ts';
import { namesInHistory } from '../../../stores/namesInHistory.ts';
import type { KeyNames } from '../../../views/keyView.ts';
import { readHistory } from '../../screens/timeline/readHistory.ts';
import { KEY, KEYS, type KeyTotals, type KeyUsage } from './state.ts';

type KeyPageQuery = PageQuery & { readonly includeDeleted: boolean; readonly sort: KeySort };

/** Which keys the list shows. @param typed words */
export function keyFilterOf(typed: string, includeDeleted: boolean): KeyFilter {
  return { words: typed.split(/\s+/).filter(Boolean), without: includeDeleted ? [] : ['deleted'] };
}

/** A page of the list. */
export const KEY_PAGE: Source<KeyPageQuery, PageRead<KeyOnScreen>> = {
  async read({ stores: { db } }, { filter: typed, page, generation, includeDeleted, sort }) {
    const filter = keyFilterOf(typed, includeDeleted);
    const [rows, total] = await Promise.all([
      listKeyWindow(db, { ...filter, offset: page * PAGE, limit: PAGE, sort }),
      countKeys(db, filter),
    ]);
    return { filter: typed, page, generation, rows, total };
  },
  take(state, _query, read) {
    const list = takePage(slotOf(state, KEYS).list, read, listHeight(state), ({ id }) => id);
    const ids = read.rows.map(({ id }) => id);
    return [
      withSlot(state, KEYS, { list }),
      ids.length === 0 ? [] : [readFrom(KEY_USAGE, { ids }), readFrom(KEY_TOTALS, undefined)],
    ];
  },
};

/** How much keys were used. */
export const KEY_USAGE: Source<{ readonly ids: readonly string[] }, ReadonlyMap<string, KeyUsage>> = {
  async read({ stores: { db } }, { ids }) {
    const [last, calls] = await Promise.all([lastUsed(db, ids), recentCalls(db, ids, new Date())]);
    return new Map(ids.map((id) => [id, { calls: calls.get(id) ?? [], lastUsed: last.get(id) }]));
  },
  take: (state, _query, usage) => [withSlot(state, KEYS, { usage }), []],
};

/** How many keys there are, for the title. */
export const KEY_TOTALS: Source<undefined, KeyTotals> = {
  async read({ stores: { db } }) {
    const now = Date.now();
    const [totals, used] = await Promise.all([
      keyTotals(db, new Date(now)),
      countUsedKeys(db, new Date(now - 86_400_000)),
    ]);
    return { ...totals, used };
  },
  take: (state, _query, totals) => [withSlot(state, KEYS, { totals }), []],
};

interface ReadKey {
  readonly row: KeyOnScreen | undefined;
  readonly history: readonly AuditEventRow[];
  readonly faults?: CredentialFaults;
  readonly names: KeyNames;
}

/** One key as it is now, and its history. */
export const ONE_KEY: Source<{ readonly id: string }, ReadKey> = {
  async read({ stores }, { id }) {
    const [row, history] = await Promise.all([findKey(stores.db, id), readHistory(stores, apiKeyStream(id))]);
    const names = await namesInHistory(stores.db, history);
    if (row === undefined) return { row, history, names };
    const { sealed: _sealed, ...shown } = row;
    return { row: shown, history, names, faults: await credentialFaults(stores, row) };
  },
  take(state, { id }, { row, ...read }) {
    const next = updateContents(state, KEY, (shown) =>
      shown.row.id === id ? { row: row ?? shown.row, ...read } : shown,
    );
    const isAsked = row !== undefined && slotOf(state, KEYS).asked === id;
    return [isAsked ? withSlot(next, KEYS, { detail: { row, ...read } }) : next, []];
  },
};
