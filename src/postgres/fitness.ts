import { Unavailable } from '../errors/appError.ts';
import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** PostgreSQL 14, as server_version_num has it. */
const OLDEST = 140_000;

/** @throws Unavailable `database-too-old`, `database-encoding` when a database can never serve */
export async function refuseUnfit(db: Queryable): Promise<void> {
  const [row] = await db.query<{ version: string | null; release: string | null; encoding: string | null }>(sql`
    select current_setting('server_version_num') as version, current_setting('server_version') as release,
      current_setting('server_encoding') as encoding`);
  if (row === undefined) throw new TypeError('a server has a version');
  const { version, release, encoding } = row;
  if (Number(version) < OLDEST) {
    throw new Unavailable(
      'database-too-old',
      `The server is PostgreSQL ${String(release)}, and MetaMCP needs 14 or newer. Upgrade it, or let DATABASE_URL lead to another one.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new Unavailable(
      'database-encoding',
      `The database has the encoding ${String(encoding)}, which can’t hold every text. Make another one for MetaMCP: ` +
        "create database metamcp encoding 'UTF8' template template0.",
    );
  }
}
