import type { Decoded } from '../../events/catalogue.ts';
import {
  limitsSchema,
  mcpServerEvents,
  onToolChangeSchema,
  timeoutsSchema,
  type Limits,
  type McpServerEvent,
  type OnToolChange,
  type Timeouts,
} from '../../events/mcpServer.ts';
import { sealedSchema, type Sealed } from '../../events/sealed.ts';
import { uuidV5 } from '../../ids.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { streamFaultSchema, type StreamFault } from './streamFault.ts';
import { handlers, type Projection } from './projection.ts';
import { serverNameOf } from '../../events/streamName.ts';

// The table mcp_servers: every configured server as it stands; a deleted one has no row.

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
    limits: limitsSchema.parse(row.limits),
    timeouts: timeoutsSchema.parse(row.timeouts),
    onToolChange: onToolChangeSchema.nullable().parse(row.onToolChange),
    sealed: sealedSchema.nullable().parse(row.sealed),
    fault: streamFaultSchema.nullable().parse(row.fault),
  };
}

/** The JSON of a batch: each event's data with the server's name and id and the event's `at` and `revision`. */
function asRows(events: readonly Decoded<McpServerEvent>[]): string {
  return JSON.stringify(
    events.map(({ stream, revision, data, metadata: { at } }) => {
      const name = serverNameOf(stream);
      return { ...data, name, id: uuidV5(name), at, revision };
    }),
  );
}

export const mcpServers: Projection = {
  name: 'mcp_servers',
  table: true,
  version: 1,
  lastCounts: { McpServerUpdated: 'settings', McpServerDisabled: 'status', McpServerEnabled: 'status' },
  on: handlers(mcpServerEvents, {
    McpServerRegistered: (tx, events) =>
      tx.query(sql`
        insert into mcp_servers
          (name, id, title, description, transport, url, command, args, cwd, isolation, limits, timeouts,
           on_tool_change, sealed, status, created_at, updated_at, revision)
        select e.name, e.id, e.title, e.description, e.transport, e.url, e.command, e.args, e.cwd, e.isolation,
          e.limits, e.timeouts, e."onToolChange", e.sealed, 'enabled', e.at, e.at, e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          name text, id uuid, title text, description text, transport mcp_server_transport, url text, command text,
          args text[], cwd text, isolation mcp_server_isolation, limits jsonb, timeouts jsonb, "onToolChange" text,
          sealed jsonb,
          at timestamptz, revision integer)
        on conflict (name) do nothing`),
    McpServerUpdated: (tx, events) =>
      tx.query(sql`
        update mcp_servers s
        set title = e.title, description = e.description, transport = e.transport, url = e.url, command = e.command,
          args = e.args, cwd = e.cwd, isolation = e.isolation, limits = e.limits, timeouts = e.timeouts,
          on_tool_change = e."onToolChange", sealed = e.sealed, updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          name text, title text, description text, transport mcp_server_transport, url text, command text,
          args text[], cwd text, isolation mcp_server_isolation, limits jsonb, timeouts jsonb, "onToolChange" text,
          sealed jsonb,
          at timestamptz, revision integer)
        where s.name = e.name and s.revision < e.revision`),
    McpServerDisabled: (tx, events) =>
      tx.query(sql`
        update mcp_servers s set status = 'disabled', updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (name text, at timestamptz, revision integer)
        where s.name = e.name and s.revision < e.revision`),
    McpServerEnabled: (tx, events) =>
      tx.query(sql`
        update mcp_servers s set status = 'enabled', updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (name text, at timestamptz, revision integer)
        where s.name = e.name and s.revision < e.revision`),
    McpServerDeleted: (tx, events) =>
      tx.query(sql`
        delete from mcp_servers s
        using jsonb_to_recordset(${asRows(events)}::jsonb) as e (name text, revision integer)
        where s.name = e.name and s.revision < e.revision`),
  }),
};

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
    limits: limitsSchema.parse(row.limits),
    timeouts: timeoutsSchema.parse(row.timeouts),
    onToolChange: onToolChangeSchema.nullable().parse(row.onToolChange),
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
