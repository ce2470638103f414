import { NotFound } from '../../src/errors/appError.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { findServer, type McpServerRow } from '../../src/projections/tables/mcpServers.ts';

/** Finds a server by its name. @throws NotFound `server-not-found` */
export async function requireServer(db: Queryable, name: string): Promise<McpServerRow> {
  const row = await findServer(db, name);
  if (row !== undefined) return row;
  throw new NotFound('server-not-found', 'There is no such server. See: metamcp-cli servers list');
}
