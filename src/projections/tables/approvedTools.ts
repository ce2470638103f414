import type { Decoded } from '../../events/catalogue.ts';
import { mcpCatalogueEvents, type ApprovedTool, type McpCatalogueEvent } from '../../events/mcpCatalogue.ts';
import { serverNameOf } from '../../events/streamName.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { handlers, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table approved_tools: the definitions in which tools of servers are approved, by digest.

export interface ApprovedToolRow {
  tool: string;
  digest: string;
  /** When the server was registered that offered it. */
  registeredAt: Date;
}

type CatalogueEvent = Decoded<McpCatalogueEvent>;

function approvedBy(event: CatalogueEvent): readonly ApprovedTool[] {
  if (event.type === 'McpServerToolsApproved') return event.data.tools;
  const { approves, lists } = event.data;
  if (!approves) return [];
  return [...(lists.tools?.added ?? []), ...(lists.tools?.changed ?? [])].map(({ key, digest }) => ({
    name: key,
    digest,
  }));
}

/** Adds what events approve, of the server that has the name now. Of one tool the newest 32 definitions count. */
async function approve(tx: Queryable, events: readonly CatalogueEvent[]): Promise<void> {
  const servers = JSON.stringify(
    events.map(({ stream, revision, data: { registeredAt } }) => ({
      server: serverNameOf(stream),
      revision,
      registeredAt,
    })),
  );
  const tools = JSON.stringify(
    events.flatMap((event) => {
      const { stream, revision, data } = event;
      const server = serverNameOf(stream);
      return approvedBy(event).map((tool) => ({ ...tool, server, revision, registeredAt: data.registeredAt }));
    }),
  );
  await tx.query(sql`
    delete from approved_tools a
    using jsonb_to_recordset(${servers}::jsonb) as e (server text, revision integer, "registeredAt" timestamptz)
    where a.server = e.server and a.registered_at <> e."registeredAt" and a.revision < e.revision`);
  await tx.query(sql`
    insert into approved_tools (server, tool, digest, registered_at, revision)
    select distinct on (e.server, e.name, e.digest) e.server, e.name, e.digest, e."registeredAt", e.revision
    from jsonb_to_recordset(${tools}::jsonb) as e (
      server text, name text, digest text, "registeredAt" timestamptz, revision integer)
    on conflict (server, tool, digest) do nothing`);
  await tx.query(sql`
    delete from approved_tools a
    using (
      select t.server, t.tool, t.digest,
        row_number() over (partition by t.server, t.tool order by t.revision desc, t.digest) as place
      from approved_tools t
      where t.server = any(${events.map(({ stream }) => serverNameOf(stream))}::text[])
    ) as ranked
    where a.server = ranked.server and a.tool = ranked.tool and a.digest = ranked.digest and ranked.place > 32`);
}

export const approvedTools: Projection = {
  name: 'approved_tools',
  table: true,
  version: VERSIONS.approved_tools,
  on: handlers(mcpCatalogueEvents, { McpServerCatalogueChanged: approve, McpServerToolsApproved: approve }),
};

/** The approved definitions of each tool of a server that was registered then. */
export function approvedDefinitions(
  rows: readonly ApprovedToolRow[],
  registeredAt: Date,
): ReadonlyMap<string, ReadonlySet<string>> {
  const own = rows.filter((row) => row.registeredAt.getTime() === registeredAt.getTime());
  const byTool = Map.groupBy(own, ({ tool }) => tool);
  return new Map([...byTool].map(([tool, found]) => [tool, new Set(found.map(({ digest }) => digest))]));
}

/** Lists the approved definitions of a server's tools, also of a former server of the name. */
export async function listApprovedTools(db: Queryable, server: string): Promise<ApprovedToolRow[]> {
  return db.query<ApprovedToolRow>(
    sql`select tool, digest, registered_at as "registeredAt" from approved_tools where server = ${server}`,
  );
}
