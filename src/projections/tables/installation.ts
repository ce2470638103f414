import { z } from 'zod';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table installation: what this installation is bound to. Not a projection.

const keyChecksSchema = z.record(z.string(), z.string());

/** By the name of a system key: proves that it is the same one as before, and reveals nothing of it. */
export type KeyChecks = z.infer<typeof keyChecksSchema>;

/** Finds what was noted of the system keys; undefined before the first history. */
export async function findKeyChecks(db: Queryable): Promise<KeyChecks | undefined> {
  const [row] = await db.query<{ keyChecks: unknown }>(sql`select key_checks as "keyChecks" from installation`);
  return row && keyChecksSchema.parse(row.keyChecks);
}

/** Notes the system keys; what was noted before stays unless it is to be replaced. */
export async function noteKeyChecks(
  db: Queryable,
  checks: KeyChecks,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  await db.query(sql`
    insert into installation (key_checks) values (${JSON.stringify(checks)}::jsonb)
    on conflict (one) do update set key_checks = excluded.key_checks where ${replace}::boolean`);
}
