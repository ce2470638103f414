import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Invalid } from '../errors.ts';
import type { Database, Queryable } from './database.ts';
import { sql } from './sql.ts';

/** The folder of `NNNN_name.sql` files: beside the sources in a clone, and beside `dist` when installed. */
const MIGRATIONS = new URL(
  import.meta.url.endsWith('.ts') ? '../../migrations/' : '../../../migrations/',
  import.meta.url,
);

/** Any constant will do, as long as every process uses the same one. */
const MIGRATION_LOCK = 4_871_203_355;

/** Another process's migrations, and our own on large tables, take the time they take. */
const NO_BOUND = { statementTimeoutMs: 0 };

export interface Migration {
  readonly name: string;
  readonly appliedAt: string | undefined;
}

interface Applied {
  readonly checksum: string;
  readonly appliedAt: string;
}

/**
 * Applies the migrations that are missing, each in a transaction, one process at a time (advisory lock).
 * @returns the names applied now
 * @throws Invalid `migration-changed` when an applied file differs from what was applied, or the database is newer than this program
 */
export async function migrate(db: Database): Promise<string[]> {
  const files = await readMigrations();
  return db.transaction(async (tx) => {
    await tx.query<{ locked: number }>(sql`select 1 as locked from pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await tx.query(sql`
      create table if not exists schema_migrations (
        name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`);
    const applied = await readApplied(tx);
    const missing = files.filter((file) => !applied.has(file.name));
    verify(files, applied);
    for (const { name, text, checksum } of missing) {
      // The file itself is the statement: it holds several and takes no parameters.
      await tx.query({ text, values: [] });
      await tx.query(sql`insert into schema_migrations (name, checksum) values (${name}, ${checksum})`);
    }
    return missing.map((file) => file.name);
  }, NO_BOUND);
}

/** Lists every migration of this program with the time when it was applied, or undefined; changes nothing. */
export async function migrationStatus(db: Database): Promise<Migration[]> {
  const files = await readMigrations();
  const [table] = await db.query<{ found: boolean }>(sql`select to_regclass('schema_migrations') is not null as found`);
  const applied = table?.found ? await readApplied(db) : new Map<string, Applied>();
  return files.map(({ name }) => ({ name, appliedAt: applied.get(name)?.appliedAt }));
}

async function readMigrations(): Promise<{ name: string; text: string; checksum: string }[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, MIGRATIONS), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function readApplied(db: Queryable): Promise<Map<string, Applied>> {
  const rows = await db.query<{ name: string; checksum: string; applied_at: Date }>(
    sql`select name, checksum, applied_at from schema_migrations`,
  );
  return new Map(rows.map((row) => [row.name, { checksum: row.checksum, appliedAt: row.applied_at.toISOString() }]));
}

function verify(files: { name: string; checksum: string }[], applied: Map<string, Applied>): void {
  const known = new Map(files.map((file) => [file.name, file.checksum]));
  for (const [name, { checksum }] of applied) {
    if (known.get(name) === checksum) continue;
    throw new Invalid(
      'migration-changed',
      known.has(name)
        ? `The migration ${name} was applied with other contents. Restore the file; a new change needs a new file.`
        : `The database has the migration ${name}, which this version lacks. Run a newer version of MetaMCP.`,
      { data: { migration: name } },
    );
  }
}
