import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { McpServerRow } from './mcpServers.ts';
import { streamFaultSchema } from './streamFault.ts';
import { limitsSchema, timeoutsSchema } from '../../events/mcpServer.ts';

// A window on the table mcp_servers, for screens that show a part of it: by place, in the order of the names.

/** A server without what is sealed. */
export type ServerOnScreen = Omit<McpServerRow, 'sealed'>;
type Raw = Omit<ServerOnScreen, 'limits' | 'timeouts' | 'fault'> & {
  limits: unknown;
  timeouts: unknown;
  fault: string | null;
};

/** Lists the servers from one place of the list on. @param page.words in the name, the title or the URL; empty: any */
export async function listServerWindow(
  db: Queryable,
  { words, offset, limit }: { readonly words: string; readonly offset: number; readonly limit: number },
): Promise<ServerOnScreen[]> {
  const rows = await db.query<Raw>(sql`
    select name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
      status, created_at as "createdAt", updated_at as "updatedAt", revision,
      stream_fault('mcpServer-' || name, revision)::text as fault
    from mcp_servers
    where ${words} = '' or strpos(name, lower(${words})) > 0 or strpos(lower(coalesce(title, '')), lower(${words})) > 0
      or strpos(lower(coalesce(url, '')), lower(${words})) > 0
    order by name offset ${offset} limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    limits: limitsSchema.parse(row.limits),
    timeouts: timeoutsSchema.parse(row.timeouts),
    fault: streamFaultSchema.nullable().parse(row.fault),
  }));
}

/** Counts the servers of the list. */
export async function countServers(db: Queryable, words: string): Promise<number> {
  const [row] = await db.query<{ count: string }>(sql`
    select count(*) as count from mcp_servers
    where ${words} = '' or strpos(name, lower(${words})) > 0 or strpos(lower(coalesce(title, '')), lower(${words})) > 0
      or strpos(lower(coalesce(url, '')), lower(${words})) > 0`);
  return Number(row?.count ?? 0);
}
