import { z } from 'zod';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table installation, one row: what this installation is, and what it is bound to. Not a projection.

const keyChecksSchema = z.record(z.string(), z.string());

/** By the name of a system key: proves that it is the same one as before, and reveals nothing of it. */
export type KeyChecks = z.infer<typeof keyChecksSchema>;

/** What an installation notes of itself. */
export interface Installation {
  /** Random, and the same as long as there is this database. */
  readonly id: string;
  /** Undefined before the first history. */
  readonly keyChecks: KeyChecks | undefined;
}

/** Reads what is noted; of several processes that come first at once, one makes the id, and all read that one. */
export async function readInstallation(db: Queryable): Promise<Installation> {
  const found = await findInstallation(db);
  if (found !== undefined) return found;
  await db.query(sql`insert into installation default values on conflict (one) do nothing`);
  const made = await findInstallation(db);
  if (made === undefined) throw new TypeError('an installation has an id');
  return made;
}

/** Reads what is noted; undefined: nothing has worked on this database yet. */
export async function findInstallation(db: Queryable): Promise<Installation | undefined> {
  const [row] = await db.query<{ id: string; keyChecks: unknown }>(
    sql`select id, coalesce(key_checks, 'null') as "keyChecks" from installation`,
  );
  return row && { id: row.id, keyChecks: row.keyChecks === null ? undefined : keyChecksSchema.parse(row.keyChecks) };
}

/** Notes the system keys; what was noted before stays unless it is to be replaced. */
export async function noteKeyChecks(
  db: Queryable,
  checks: KeyChecks,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  await db.query(sql`
    insert into installation (key_checks) values (${JSON.stringify(checks)}::jsonb)
    on conflict (one) do update set key_checks = excluded.key_checks
    where ${replace}::boolean or installation.key_checks is null`);
}

/** Finds up to when gateways have warned of keys that expire; undefined: none has. */
export async function findKeysWarnedUntil(db: Queryable): Promise<Date | undefined> {
  const [row] = await db.query<{ moment: Date | null }>(sql`select keys_warned_until as moment from installation`);
  return row?.moment ?? undefined;
}

/** Notes it. It never goes back, and a gateway whose clock is ahead of the database's does not move it on. */
export async function noteKeysWarnedUntil(db: Queryable, moment: Date): Promise<void> {
  await db.query(sql`
    update installation
    set keys_warned_until = greatest(keys_warned_until, least(${moment}::timestamptz, clock_timestamp()))`);
}
