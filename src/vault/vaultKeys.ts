import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// The table vault_keys: data encryption keys, wrapped. Not a projection and never reset: nothing can rebuild it.
// Only the shredding projection (shredding.ts) and the vault (src/vault/vault.ts) delete from it.

export interface VaultKeyRow {
  id: string;
  /** The stream whose secrets it seals. */
  subject: string;
  wrapped: Buffer;
  masterKeyId: string;
  createdAt: Date;
}

export type NewVaultKey = Pick<VaultKeyRow, 'id' | 'subject' | 'wrapped' | 'masterKeyId'>;

/** Stores a wrapped key; one that is there already stays as it is. */
export async function insertVaultKey(db: Queryable, { id, subject, wrapped, masterKeyId }: NewVaultKey): Promise<void> {
  await db.query(sql`
    insert into vault_keys (id, subject, wrapped, master_key_id)
    values (${id}::uuid, ${subject}, ${wrapped}, ${masterKeyId})
    on conflict (id) do nothing`);
}

/** Finds a key, or undefined once it is shredded. */
export async function findVaultKey(db: Queryable, id: string): Promise<VaultKeyRow | undefined> {
  const [row] = await db.query<{ id: string; subject: string; wrapped: Buffer; masterKeyId: string; createdAt: Date }>(
    sql`
      select id, subject, wrapped, master_key_id as "masterKeyId", created_at as "createdAt"
      from vault_keys where id = ${id}::uuid`,
  );
  return row;
}

/** Lists keys by id, from the one after `after` on. */
export async function listVaultKeys(
  db: Queryable,
  { after = null, limit }: { after?: string | null; limit: number },
): Promise<VaultKeyRow[]> {
  return db.query<{ id: string; subject: string; wrapped: Buffer; masterKeyId: string; createdAt: Date }>(sql`
    select id, subject, wrapped, master_key_id as "masterKeyId", created_at as "createdAt"
    from vault_keys where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}`);
}

/** Lists the ids of the keys that seal a subject's secrets. */
export async function listVaultKeysOf(db: Queryable, subject: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from vault_keys where subject = ${subject} order by id`);
  return rows.map(({ id }) => id);
}

/** Finds those of some keys that there are. */
export async function findVaultKeys(db: Queryable, ids: readonly string[]): Promise<VaultKeyRow[]> {
  return db.query<{ id: string; subject: string; wrapped: Buffer; masterKeyId: string; createdAt: Date }>(sql`
    select id, subject, wrapped, master_key_id as "masterKeyId", created_at as "createdAt"
    from vault_keys where id = any(${[...ids]}::uuid[])`);
}

/** Counts the keys by the master key that wraps them. */
export async function countByMasterKey(db: Queryable): Promise<{ masterKeyId: string; count: number }[]> {
  const rows = await db.query<{ masterKeyId: string; count: string }>(
    sql`select master_key_id as "masterKeyId", count(*) as count from vault_keys group by master_key_id`,
  );
  return rows.map(({ masterKeyId, count }) => ({ masterKeyId, count: Number(count) }));
}

/** Destroys keys of any subject: what they sealed is gone for good. */
export async function deleteVaultKeys(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(sql`delete from vault_keys where id = any(${[...ids]}::uuid[])`);
}

/**
 * Destroys keys of streams that are over. An event may name any key; only those of its own stream are destroyed,
 * and never a system key.
 */
export async function shredKeys(
  db: Queryable,
  keys: readonly { readonly id: string; readonly subject: string }[],
): Promise<void> {
  await db.query(sql`
    delete from vault_keys v using jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as e (id uuid, subject text)
    where v.id = e.id and v.subject = e.subject`);
}

/** Replaces a key's wrapping after the master key changed. */
export async function replaceWrapped(
  db: Queryable,
  { id, wrapped, masterKeyId }: Pick<VaultKeyRow, 'id' | 'wrapped' | 'masterKeyId'>,
): Promise<void> {
  await db.query(
    sql`update vault_keys set wrapped = ${wrapped}, master_key_id = ${masterKeyId} where id = ${id}::uuid`,
  );
}
