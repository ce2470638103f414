import { z } from 'zod';
import { apiKeyEvents, type ApiKeyEvent } from '../../events/apiKey.ts';
import type { Decoded } from '../../events/catalogue.ts';
import { sealedSchema, type Sealed } from '../../events/sealed.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { rolesOfKey, type RoleOfKey } from './keyRoles.ts';
import { streamFaultSchema, type StreamFault } from './streamFault.ts';
import { handlers, type Projection } from './projection.ts';
import { keyIdOf } from '../../events/streamName.ts';

// The table api_keys: every key as it stands, deleted ones included (without their secrets).

const credentialSchema = z.object({
  registeredAt: z.string(),
  address: z.string(),
  headers: z.array(z.string()),
  env: z.array(z.string()),
  sealed: sealedSchema,
});
const credentialsSchema = z.record(z.string(), credentialSchema);

/** What a key has of its own for one server (src/events/apiKey.ts). */
export type CredentialRow = z.infer<typeof credentialSchema> & { readonly server: string };

export interface ApiKeyRow {
  id: string;
  name: string;
  description: string | null;
  owner: string | null;
  /** As in team=search, sorted. */
  tags: string[];
  /** A rotated key is good until `validUntil`. */
  status: 'active' | 'inactive' | 'rotated' | 'deleted';
  /** Its own; what its roles give comes on top (effectiveAccess). */
  scopes: string[];
  grants: string[];
  roles: RoleOfKey[];
  /** Both as src/events/limit.ts reads them. */
  limits: string[];
  networks: string[];
  expiresAt: Date | null;
  rotatedFrom: string | null;
  successorId: string | null;
  validUntil: Date | null;
  /** Null once the key is deleted. */
  sealed: Sealed | null;
  /** By the server's name. */
  credentials: readonly CredentialRow[];
  createdAt: Date;
  createdBy: string;
  updatedAt: Date;
  /** The revision of the key's stream. */
  revision: number;
  /** Why it must not be used, whatever its status. */
  fault: StreamFault | null;
}

/** As the queries give it: jsonb is not typed, and its null stands for SQL's. */
export type RawKey = Omit<ApiKeyRow, 'sealed' | 'credentials' | 'fault' | 'roles'> & {
  sealed: unknown;
  roles: unknown;
  credentials: unknown;
  fault: string | null;
};

/** Reads a row as the queries give it. */
export function keyFromRow(row: RawKey): ApiKeyRow {
  return {
    ...row,
    sealed: sealedSchema.nullable().parse(row.sealed),
    credentials: credentialsOf(row.credentials),
    roles: rolesOfKey(row.roles),
    fault: streamFaultSchema.nullable().parse(row.fault),
  };
}

/** Reads the column, by the server's name. */
export function credentialsOf(stored: unknown): readonly CredentialRow[] {
  return Object.entries(credentialsSchema.parse(stored))
    .map(([server, credential]) => ({ server, ...credential }))
    .sort((a, b) => (a.server < b.server ? -1 : 1));
}

/** The JSON of a batch: each event's data with the key's id and the event's `at`, `actor` and `revision`. */
function asRows(events: readonly Decoded<ApiKeyEvent>[]): string {
  return JSON.stringify(
    events.map(({ stream, revision, data, metadata: { at, actor } }) => {
      return { ...data, id: keyIdOf(stream), at, actor, revision };
    }),
  );
}

export const apiKeys: Projection = {
  name: 'api_keys',
  table: true,
  version: 5,
  lastCounts: {
    ApiKeyInactivated: 'status',
    ApiKeyActivated: 'status',
    ApiKeyAccessChanged: 'access',
    ApiKeyLabelled: 'labels',
  },
  on: handlers(apiKeyEvents, {
    ApiKeyCreated: (tx, events) =>
      tx.query(sql`
        insert into api_keys
          (id, name, description, owner, tags, status, scopes, grants, roles, limits, networks, expires_at, rotated_from, sealed, created_at,
           created_by, updated_at, revision)
        select e.id, e.name, e.description, e.owner, coalesce(e.tags, '{}'), 'active', e.scopes, e.grants, coalesce(e.roles, '[]'), coalesce(e.limits, '{}'),
          coalesce(e.networks, '{}'), e."expiresAt", e."rotatedFrom", e.sealed, e.at, e.actor, e.at, e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          id uuid, name text, description text, owner text, tags text[], scopes text[], grants text[], roles jsonb, limits text[], networks text[],
          "expiresAt" timestamptz, "rotatedFrom" uuid, sealed jsonb, at timestamptz, actor text, revision integer)
        on conflict (id) do nothing`),
    ApiKeyInactivated: (tx, events) =>
      tx.query(sql`
        update api_keys k set status = 'inactive', updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (id uuid, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    // Activation does not undo a rotation.
    ApiKeyActivated: (tx, events) =>
      tx.query(sql`
        update api_keys k
        set status = case when k.successor_id is null then 'active' else 'rotated' end::api_key_status,
          updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (id uuid, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyAccessChanged: (tx, events) =>
      tx.query(sql`
        update api_keys k
        set scopes = e.scopes, grants = e.grants, roles = coalesce(e.roles, '[]'), limits = coalesce(e.limits, '{}'), networks = coalesce(e.networks, '{}'), expires_at = e."expiresAt",
          updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          id uuid, scopes text[], grants text[], roles jsonb, limits text[], networks text[], "expiresAt" timestamptz, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyLabelled: (tx, events) =>
      tx.query(sql`
        update api_keys k set owner = e.owner, tags = e.tags, updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          id uuid, owner text, tags text[], at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyRotated: (tx, events) =>
      tx.query(sql`
        update api_keys k
        set status = 'rotated', successor_id = e."successorId", valid_until = e."validUntil", updated_at = e.at,
          revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          id uuid, "successorId" uuid, "validUntil" timestamptz, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyCredentialSet: (tx, events) =>
      tx.query(sql`
        update api_keys k
        set credentials = k.credentials || jsonb_build_object(e.server, jsonb_build_object(
            'registeredAt', e."registeredAt", 'address', e.address, 'headers', e.headers, 'env', e.env, 'sealed', e.sealed)),
          updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          id uuid, server text, "registeredAt" text, address text, headers jsonb, env jsonb, sealed jsonb,
          at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyCredentialRemoved: (tx, events) =>
      tx.query(sql`
        update api_keys k
        set credentials = k.credentials - e.server, updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (id uuid, server text, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
    ApiKeyDeleted: (tx, events) =>
      tx.query(sql`
        update api_keys k set status = 'deleted', sealed = null, credentials = '{}', updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (id uuid, at timestamptz, revision integer)
        where k.id = e.id and k.revision < e.revision`),
  }),
};

/** Finds a key by its id. */
export async function findKey(db: Queryable, id: string): Promise<ApiKeyRow | undefined> {
  const [row] = await db.query<RawKey>(sql`
    select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", coalesce(sealed, 'null') as sealed, credentials, created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision,
      stream_fault('apiKey-' || id, revision)::text as fault
    from api_keys where id = ${id}::uuid`);
  return row === undefined ? undefined : keyFromRow(row);
}

/** Finds what is sealed of those of the keys that exist; a deleted one has nothing. */
export async function listSealed(
  db: Queryable,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly sealed: Sealed }[]> {
  const rows = await db.query<{ id: string; sealed: unknown }>(sql`
    select id, sealed from api_keys where id = any(${ids}::uuid[]) and sealed is not null`);
  return rows.map(({ id, sealed }) => ({ id, sealed: sealedSchema.parse(sealed) }));
}

/** Finds the names of keys. */
export async function keyNames(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; name: string }>(sql`
    select id, name from api_keys where id = any(${ids}::uuid[])`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** The names of what a key has of its own for a server. */
export interface CredentialOfServer {
  keyId: string;
  keyName: string;
  headers: string[];
  env: string[];
  /** It was set for another address than the server's: nobody gets it. */
  outdated: boolean;
  credential: CredentialRow;
}

/**
 * Lists the credentials that keys have for a server, the oldest key first.
 * @param server.createdAt those for another server of the name before are none of its own
 * @param server.address its digest (addressDigest)
 */
export async function listCredentialsOf(
  db: Queryable,
  { name, createdAt, address }: { readonly name: string; readonly createdAt: Date; readonly address: string },
): Promise<CredentialOfServer[]> {
  const rows = await db.query<{ id: string; name: string; credentials: unknown }>(sql`
    select id, name, credentials from api_keys
    where credentials <> '{}'::jsonb and jsonb_exists(credentials, ${name})
    order by created_at, id`);
  return rows.flatMap(({ id, name: keyName, credentials }) =>
    credentialsOf(credentials)
      .filter((one) => one.server === name && Date.parse(one.registeredAt) === createdAt.getTime())
      .map((credential) => {
        const { headers, env } = credential;
        return { keyId: id, keyName, headers, env, outdated: credential.address !== address, credential };
      }),
  );
}
