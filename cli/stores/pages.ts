import { streamsAbout } from '../../src/events/streamName.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import type { ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import type { KeyFilter, KeySort } from '../../src/projections/tables/keyFilter.ts';
import { listKeys, listKeysSorted, type PlacedKey } from '../../src/projections/tables/keyLists.ts';
import { listStreamHistory, type AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { listRoles, type CountedRole } from '../../src/projections/tables/keyRoles.ts';
import { listServers, type McpServerRow } from '../../src/projections/tables/mcpServers.ts';

/** Rows read at once: enough that round trips do not count, few enough that memory stays flat. */
const PAGE = 500;

/** Reads the keys that fit page by page. @param sort (Default: the oldest first) */
export async function* keyPages(
  db: Queryable,
  filter: KeyFilter,
  sort: KeySort = 'created',
): AsyncGenerator<readonly ApiKeyRow[]> {
  if (sort === 'created') {
    yield* pages((after: ApiKeyRow | undefined) => listKeys(db, { ...filter, after, limit: PAGE }));
    return;
  }
  const sorted = pages((last: PlacedKey | undefined) =>
    listKeysSorted(db, {
      ...filter,
      sort,
      after: last && { place: last.place, id: last.row.id },
      limit: PAGE,
    }),
  );
  for await (const page of sorted) yield page.map(({ row }) => row);
}

/** Reads all roles page by page, by name. */
export function rolePages(db: Queryable): AsyncIterable<CountedRole[]> {
  return pages((after: CountedRole | undefined) => listRoles(db, { after: after?.name, limit: PAGE }));
}

/** Reads all servers page by page, by name. */
export function serverPages(db: Queryable): AsyncIterable<McpServerRow[]> {
  return pages((after: McpServerRow | undefined) => listServers(db, { after: after?.name, limit: PAGE }));
}

/** Reads all that happened to a key or server, to its catalogue and its repairs too, the oldest first. */
export async function readWholeHistory(db: Queryable, stream: string): Promise<AuditEventRow[]> {
  const pagesOfAll = streamsAbout(stream).map((each) => Array.fromAsync(historyPages(db, each)));
  const histories = await Promise.all(pagesOfAll);
  return histories.flat(2).sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
}

function historyPages(db: Queryable, stream: string): AsyncIterable<AuditEventRow[]> {
  return pages((after: AuditEventRow | undefined) =>
    listStreamHistory(db, stream, { after: after?.revision, limit: PAGE }),
  );
}

async function* pages<Row>(read: (after: Row | undefined) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let after: Row | undefined; ;) {
    const page = await read(after);
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}
