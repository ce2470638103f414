import type { Limits, OnToolChange, Timeouts } from '../../events/mcpServer.ts';
import { ON_TOOL_CHANGE } from '../../events/onToolChange.ts';
import type { Sealed } from '../../events/sealed.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { numberIn, objectIn, optionalIn, textsIn, wordIn } from '../../storedJson.ts';
import { sealedFrom } from './sealedFrom.ts';
import { faultFrom, type StreamFault } from './streamFault.ts';

// The rows of the table mcp_servers, which mcpServersProjection.ts writes.

export interface McpServerRow {
  name: string;
  /** The UUID v5 of the name. */
  id: string;
  title: string | null;
  description: string | null;
  transport: 'http' | 'sse' | 'stdio';
  /** Null for stdio. */
  url: string | null;
  /** Null for http and sse. */
  command: string | null;
  args: string[] | null;
  cwd: string | null;
  isolation: 'session' | 'key' | 'shared';
  limits: Limits;
  timeouts: Timeouts;
  /** Null: the default. */
  onToolChange: OnToolChange | null;
  /** Null when it needs no secrets. */
  sealed: Sealed | null;
  status: 'enabled' | 'disabled';
  createdAt: Date;
  updatedAt: Date;
  /** The revision of the server's stream. */
  revision: number;
  /** Why it must not be used, whatever its status. */
  fault: StreamFault | null;
}

/** As the queries give it: jsonb is not typed, and its null stands for SQL's. */
type Raw = Omit<McpServerRow, 'limits' | 'timeouts' | 'onToolChange' | 'sealed' | 'fault'> & {
  onToolChange: string | null;
  fault: string | null;
  limits: unknown;
  timeouts: unknown;
  sealed: unknown;
};

function fromRaw(row: Raw): McpServerRow {
  return {
    ...row,
    limits: limitsFrom(row.limits),
    timeouts: timeoutsFrom(row.timeouts),
    onToolChange: row.onToolChange === null ? null : wordIn(ON_TOOL_CHANGE, row.onToolChange),
    sealed: row.sealed === null ? null : sealedFrom(row.sealed),
    fault: faultFrom(row.fault),
  };
}

function limitsFrom(stored: unknown): Limits {
  const limits = objectIn(stored);
  return {
    maxInFlight: numberIn(limits['maxInFlight']),
    ...optionalIn(limits, 'memoryBytes', numberIn),
    ...optionalIn(limits, 'openFiles', numberIn),
    ...optionalIn(limits, 'processes', numberIn),
    ...optionalIn(limits, 'restarts', numberIn),
    ...optionalIn(limits, 'rates', textsIn),
  };
}

function timeoutsFrom(stored: unknown): Timeouts {
  const timeouts = objectIn(stored);
  return {
    connectMs: numberIn(timeouts['connectMs']),
    idleMs: numberIn(timeouts['idleMs']),
    totalMs: numberIn(timeouts['totalMs']),
    ...optionalIn(timeouts, 'idleStopMs', numberIn),
  };
}

/** Finds a server by its name. */
export async function findServer(db: Queryable, name: string): Promise<McpServerRow | undefined> {
  const [row] = await db.query<Raw>(sql`
    select name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
      on_tool_change as "onToolChange", coalesce(sealed, 'null') as sealed,
      status, created_at as "createdAt", updated_at as "updatedAt", revision,
      stream_fault('mcpServer-' || name, revision)::text as fault
    from mcp_servers where name = ${name}`);
  return row === undefined ? undefined : fromRaw(row);
}

/** Finds a server by its public id. */
export async function findServerById(db: Queryable, id: string): Promise<McpServerRow | undefined> {
  const [row] = await db.query<Raw>(sql`
    select name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
      on_tool_change as "onToolChange", coalesce(sealed, 'null') as sealed,
      status, created_at as "createdAt", updated_at as "updatedAt", revision,
      stream_fault('mcpServer-' || name, revision)::text as fault
    from mcp_servers where id = ${id}::uuid`);
  return row === undefined ? undefined : fromRaw(row);
}

/** Lists servers by name, from the one after `after` on. */
export async function listServers(
  db: Queryable,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<McpServerRow[]> {
  const rows = await db.query<Raw>(sql`
    select name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
      on_tool_change as "onToolChange", coalesce(sealed, 'null') as sealed,
      status, created_at as "createdAt", updated_at as "updatedAt", revision,
      stream_fault('mcpServer-' || name, revision)::text as fault
    from mcp_servers where name > ${after ?? ''} order by name limit ${limit}`);
  return rows.map(fromRaw);
}

/** Lists the names of all servers. */
export async function listServerNames(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(sql`select name from mcp_servers order by name`);
  return rows.map(({ name }) => name);
}

/** A server without what is sealed. */
export type ServerOnScreen = Omit<McpServerRow, 'sealed'>;
type RawOnScreen = Omit<ServerOnScreen, 'limits' | 'timeouts' | 'onToolChange' | 'fault'> & {
  onToolChange: string | null;
  limits: unknown;
  timeouts: unknown;
  fault: string | null;
};

export const SERVER_SORTS = ['name', 'status', 'transport', 'changed'] as const;
export type ServerSort = (typeof SERVER_SORTS)[number];

/** Lists the servers for a screen that shows a part of them, from one place of the list on; those alike by name. @param page.words in the name, the title or the URL; empty: any */
export async function listServerWindow(
  db: Queryable,
  {
    words,
    offset,
    limit,
    sort,
  }: { readonly words: string; readonly offset: number; readonly limit: number; readonly sort: ServerSort },
): Promise<ServerOnScreen[]> {
  const rows = await db.query<RawOnScreen>(sql`
    select name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
      on_tool_change as "onToolChange", status, created_at as "createdAt", updated_at as "updatedAt", revision,
      stream_fault('mcpServer-' || name, revision)::text as fault
    from mcp_servers
    where ${words} = '' or strpos(name, lower(${words})) > 0 or strpos(lower(coalesce(title, '')), lower(${words})) > 0
      or strpos(lower(coalesce(url, '')), lower(${words})) > 0
    order by case ${sort}::text when 'status' then status::text when 'transport' then transport::text end,
      case when ${sort}::text = 'changed' then updated_at end desc nulls last, name offset ${offset} limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    limits: limitsFrom(row.limits),
    timeouts: timeoutsFrom(row.timeouts),
    onToolChange: row.onToolChange === null ? null : wordIn(ON_TOOL_CHANGE, row.onToolChange),
    fault: faultFrom(row.fault),
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
