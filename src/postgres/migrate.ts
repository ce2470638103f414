import { Invalid, Unavailable } from '../errors/appError.ts';
import type { Database, Queryable } from './database.ts';
import { refuseUnfit } from './fitness.ts';
import { readMigrations, type MigrationFile } from './migrationFiles.ts';
import { fromRejection, sqlStateOf } from './rejection.ts';
import { sql } from './sql.ts';

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

export interface MigrateOptions {
  /** Called before anything is changed; may refuse. (Default: nobody is asked) */
  readonly beforeChange?: ((db: Queryable) => Promise<void>) | undefined;
}

/**
 * Applies the migrations that are missing, each in a transaction, one process at a time (advisory lock).
 * @returns the names applied now
 * @throws Invalid `migration-changed` when an applied file differs from what was applied, or the database is newer than this program;
 * Unavailable `database-too-old`, `database-encoding`, `database-occupied`
 */
export async function migrate(db: Database, { beforeChange }: MigrateOptions = {}): Promise<string[]> {
  const files = readMigrations();
  // Who finds nothing missing needs no right to make tables, and no room on the disk.
  if ((await findMissing(db, files)).length === 0) return [];
  await beforeChange?.(db);
  return db
    .transaction((tx) => applyMissing(tx, files), NO_BOUND)
    .catch((error: unknown) => {
      throw occupied(error) ?? fromRejection(error);
    });
}

/** Names the migrations that `migrate` would apply; changes nothing. @throws as `migrate` */
export async function missingMigrations(db: Queryable): Promise<string[]> {
  return (await findMissing(db, readMigrations())).map(({ name }) => name);
}

async function findMissing(db: Queryable, files: readonly MigrationFile[]): Promise<MigrationFile[]> {
  await refuseUnfit(db);
  const applied = await readApplied(db);
  verify(files, applied);
  return files.filter(({ name }) => !applied.has(name));
}

async function applyMissing(tx: Queryable, files: readonly MigrationFile[]): Promise<string[]> {
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
}

/** Lists every migration of this program with the time when it was applied, or undefined; changes nothing. */
export async function migrationStatus(db: Database): Promise<Migration[]> {
  const files = readMigrations();
  const applied = await readApplied(db);
  return files.map(({ name }) => ({ name, appliedAt: applied.get(name)?.appliedAt }));
}

/** @throws Unavailable `database-occupied` when the table is another program's */
async function readApplied(db: Queryable): Promise<Map<string, Applied>> {
  const [table] = await db.query<{ found: boolean }>(sql`select to_regclass('schema_migrations') is not null as found`);
  if (table?.found !== true) return new Map();
  const rows = await db
    .query<{ name: string; checksum: string; applied_at: Date }>(
      sql`select name, checksum, applied_at from schema_migrations`,
    )
    .catch((error: unknown) => {
      throw occupied(error) ?? fromRejection(error);
    });
  return new Map(rows.map((row) => [row.name, { checksum: row.checksum, appliedAt: row.applied_at.toISOString() }]));
}

/** There is something of a name that we would give, or it is not as we would have made it: duplicate or undefined objects. */
function occupied(error: unknown): Unavailable | undefined {
  if (!/^42(P07|710|723|703|P01|804|809|P16)$/.test(sqlStateOf(error) ?? '')) return undefined;
  return new Unavailable(
    'database-occupied',
    'The database has tables of another program, with names that MetaMCP uses. Give MetaMCP a database of its own.',
    { cause: error },
  );
}

function verify(files: readonly MigrationFile[], applied: Map<string, Applied>): void {
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
