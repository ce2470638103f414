import { NotFound } from '../errors/appError.ts';
import { nearest } from '../nearest.ts';
import type { Queryable } from '../postgres/database.ts';
import { findServer, listServerNames, type McpServerRow } from '../projections/tables/mcpServers.ts';

/** Finds a server by its name. @throws NotFound `server-not-found`, with the name that was probably meant; Unavailable */
export async function requireServer(db: Queryable, name: string): Promise<McpServerRow> {
  const row = await findServer(db, name);
  if (row !== undefined) return row;
  const similar = nearest(name, await listServerNames(db));
  const hint = similar === undefined ? '' : ` Did you mean ${similar}?`;
  throw new NotFound('server-not-found', `There is no such server.${hint} See: metamcp-cli servers list`);
}
