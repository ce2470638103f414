import { allProjections } from '../../src/stores/allProjections.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { Database, Queryable } from '../../src/postgres/database.ts';
import type { Projection } from '../../src/projections/tables/projection.ts';

export const silent = createLogger('silent');

/** Every row of every read table, in a fixed order. */
export async function readModel(db: Queryable): Promise<Record<string, object[]>> {
  const tables = {
    api_keys: 'id',
    key_roles: 'name',
    mcp_servers: 'name',
    approved_tools: 'server, tool, digest',
    audit_events: 'stream, revision',
    stream_heads: 'stream',
    unreadable_events: 'stream, revision',
    retired_streams: 'stream',
  };
  const entries = Object.entries(tables).map(async ([table, order]) => {
    const rows = await db.query<object>({ text: `select * from ${table} order by ${order}`, values: [] });
    return [table, rows] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Empties the read model and forgets the checkpoints. */
export async function clearReadModel(db: Queryable): Promise<void> {
  await db.query({ text: 'delete from checkpoints', values: [] });
  for (const { name, table } of allProjections) {
    if (table) await db.query({ text: `delete from ${name}`, values: [] });
  }
}

/** A projection that shows how often each event was applied: applying one again changes its row. */
export async function createTally(
  db: Database,
): Promise<{ tally: Projection; counts(): Promise<Map<bigint, number>> }> {
  await db.query({ text: 'create table if not exists tally (position bigint primary key, times integer)', values: [] });
  return {
    tally: tallyOf(),
    async counts() {
      const rows = await db.query<{ position: string; times: number }>({
        text: 'select position, times from tally order by position',
        values: [],
      });
      return new Map(rows.map(({ position, times }) => [BigInt(position), times]));
    },
  };
}

export function tallyOf(): Projection {
  return {
    name: 'tally',
    table: true,
    version: 1,
    on: {
      '*': (tx, events) =>
        tx.query({
          text: `insert into tally select unnest($1::bigint[]), 1
            on conflict (position) do update set times = tally.times + 1`,
          values: [events.map(({ position }) => String(position))],
        }),
    },
  };
}
