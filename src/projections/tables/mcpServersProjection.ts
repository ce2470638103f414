import type { Decoded } from '../../events/catalogue.ts';
import { mcpServerEvents, type McpServerEvent } from '../../events/mcpServer.ts';
import { serverNameOf } from '../../events/streamName.ts';
import { uuidV5 } from '../../ids.ts';
import { sql } from '../../postgres/sql.ts';
import { handlers, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table mcp_servers: every configured server as it stands; a deleted one has no row. mcpServers.ts reads it.

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
  version: VERSIONS.mcp_servers,
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
