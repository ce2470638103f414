import { sealedSchema, type Sealed } from '../events/sealed.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import type { VaultKeyRow } from './vaultKeys.ts';

// What keys and servers have sealed, beside the data encryption keys that open it. A join of api_keys, mcp_servers,
// retired_streams and vault_keys in one statement each, so that all of a row is as of one moment.

export interface SealedRow {
  /** A key's id or a server's name; of a credential both, with a blank between. */
  readonly id: string;
  /** Undefined when the column holds nothing of this shape. */
  readonly sealed: Sealed | undefined;
  /** Undefined when there is none. */
  readonly vaultKey: VaultKeyRow | undefined;
}

interface Raw {
  id: string;
  sealed: unknown;
  dek: string | null;
  subject: string | null;
  wrapped: Buffer | null;
  masterKeyId: string | null;
  createdAt: Date | null;
}

interface Page {
  readonly after: string | undefined;
  readonly limit: number;
}

/** Lists the keys with secrets that were not destroyed, by id. */
export async function listSealedKeys(db: Queryable, { after, limit }: Page): Promise<SealedRow[]> {
  const rows = await db.query<Raw>(sql`
    select k.id::text as id, coalesce(k.sealed, 'null') as sealed, v.id as dek, v.subject, v.wrapped,
      v.master_key_id as "masterKeyId", v.created_at as "createdAt"
    from api_keys k left join vault_keys v on v.id::text = k.sealed ->> 'dek'
    where k.sealed is not null and (${after ?? null}::uuid is null or k.id > ${after ?? null}::uuid)
      and not exists (select from retired_streams r where r.stream = 'apiKey-' || k.id::text and r.final)
    order by k.id limit ${limit}`);
  return rows.map(fromRaw);
}

/** Lists the servers with secrets that were not destroyed, by name. */
export async function listSealedServers(db: Queryable, { after, limit }: Page): Promise<SealedRow[]> {
  const rows = await db.query<Raw>(sql`
    select s.name as id, coalesce(s.sealed, 'null') as sealed, v.id as dek, v.subject, v.wrapped,
      v.master_key_id as "masterKeyId", v.created_at as "createdAt"
    from mcp_servers s left join vault_keys v on v.id::text = s.sealed ->> 'dek'
    where s.sealed is not null and s.name > ${after ?? ''}
      and not exists (select from retired_streams r where r.stream = 'mcpServer-' || s.name and r.final)
    order by s.name limit ${limit}`);
  return rows.map(fromRaw);
}

/** Lists what keys have of their own for servers, each by the key's id and the server's name. */
export async function listSealedCredentials(db: Queryable, { after, limit }: Page): Promise<SealedRow[]> {
  const rows = await db.query<Omit<Raw, 'dek'> & { dek: string }>(sql`
    select coalesce(c.id, '') as id, coalesce(c.sealed, 'null') as sealed, v.id as dek, v.subject, v.wrapped,
      v.master_key_id as "masterKeyId", v.created_at as "createdAt"
    from (
      select (k.id::text || ' ' || one.key) collate "C" as id, one.value -> 'sealed' as sealed
      from api_keys k cross join lateral jsonb_each(k.credentials) as one (key, value)
      where k.credentials <> '{}'::jsonb
        and not exists (select from retired_streams r where r.stream = 'apiKey-' || k.id::text and r.final)
    ) as c left join vault_keys v on v.id::text = c.sealed ->> 'dek'
    where c.id > ${after ?? ''} order by c.id limit ${limit}`);
  return rows.map(fromRaw);
}

function fromRaw({ id, sealed, dek, subject, wrapped, masterKeyId, createdAt }: Raw): SealedRow {
  return {
    id,
    sealed: sealedSchema.safeParse(sealed).data,
    vaultKey:
      dek === null || subject === null || wrapped === null || masterKeyId === null || createdAt === null
        ? undefined
        : { id: dek, subject, wrapped, masterKeyId, createdAt },
  };
}
