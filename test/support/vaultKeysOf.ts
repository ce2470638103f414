import type { Queryable } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';

/** Finds the ids of a stream's data keys. */
export async function vaultKeysOf(db: Queryable, stream: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from vault_keys where subject = ${stream}`);
  return rows.map(({ id }) => id);
}
