import { countKeys, listKeyWindow, type KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import { countServers, listServerWindow, type ServerOnScreen } from '../../../src/projections/tables/serverWindow.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import { lastUsed, recentCalls } from '../../../src/usage/usageQueries.ts';
import type { KeyUsage } from '../state/state.ts';
import { PAGE, type PageRead, type PageWanted } from '../state/window.ts';

/** Reads a page of keys. @throws Unavailable — as all below */
export async function readKeys(
  { db }: Stores,
  wanted: PageWanted & { readonly includeDeleted: boolean },
): Promise<PageRead<KeyOnScreen>> {
  const filter = { words: wanted.filter, includeDeleted: wanted.includeDeleted };
  const [rows, total] = await Promise.all([
    listKeyWindow(db, { ...filter, offset: wanted.page * PAGE, limit: PAGE }),
    countKeys(db, filter),
  ]);
  return { filter: wanted.filter, page: wanted.page, generation: wanted.generation, rows, total };
}

/** Reads a page of servers. */
export async function readServers(
  { db }: Stores,
  { filter, page, generation }: PageWanted,
): Promise<PageRead<ServerOnScreen>> {
  const [rows, total] = await Promise.all([
    listServerWindow(db, { words: filter, offset: page * PAGE, limit: PAGE }),
    countServers(db, filter),
  ]);
  return { filter, page, generation, rows, total };
}

/** Reads how much keys were used. */
export async function readKeyUsage({ db }: Stores, ids: readonly string[]): Promise<ReadonlyMap<string, KeyUsage>> {
  const [last, calls] = await Promise.all([lastUsed(db, ids), recentCalls(db, ids, new Date())]);
  return new Map(ids.map((id) => [id, { calls: calls.get(id) ?? [], lastUsed: last.get(id) }]));
}
