import { streamsAbout } from '../../src/events/streamName.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { listKeys, type ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import { listStreamHistory, type AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { listServers, type McpServerRow } from '../../src/projections/tables/mcpServers.ts';

/** Rows read at once: enough that round trips do not count, few enough that memory stays flat. */
const PAGE = 500;

/** Reads all keys page by page, the oldest first. */
export function keyPages(db: Queryable, includeInactive: boolean): AsyncIterable<ApiKeyRow[]> {
  return pages((after: ApiKeyRow | undefined) => listKeys(db, { includeInactive, after, limit: PAGE }));
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
