import type { Sealed } from '../../events/sealed.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { objectIn, textIn, textsIn } from '../../storedJson.ts';
import { rolesOfKey, type RoleOfKey } from './keyRoles.ts';
import { sealedFrom } from './sealedFrom.ts';
import { faultFrom, type StreamFault } from './streamFault.ts';

// The rows of the table api_keys, which apiKeysProjection.ts writes.

/** What a key has of its own for one server (src/events/apiKey.ts). */
export interface CredentialRow {
  server: string;
  registeredAt: string;
  address: string;
  headers: string[];
  env: string[];
  sealed: Sealed;
}

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
    sealed: row.sealed === null ? null : sealedFrom(row.sealed),
    credentials: credentialsOf(row.credentials),
    roles: rolesOfKey(row.roles),
    fault: faultFrom(row.fault),
  };
}

/** Reads the column, by the server's name. */
export function credentialsOf(stored: unknown): readonly CredentialRow[] {
  return Object.entries(objectIn(stored))
    .map(([server, credential]) => credentialFrom(server, objectIn(credential)))
    .sort((a, b) => (a.server < b.server ? -1 : 1));
}

function credentialFrom(server: string, stored: Readonly<Record<string, unknown>>): CredentialRow {
  return {
    server,
    registeredAt: textIn(stored['registeredAt']),
    address: textIn(stored['address']),
    headers: textsIn(stored['headers']),
    env: textsIn(stored['env']),
    sealed: sealedFrom(stored['sealed']),
  };
}

/** Until when a key works after a rotation, ms since the epoch; Infinity when it was not rotated. */
export function validUntilMs({ validUntil }: Pick<ApiKeyRow, 'validUntil'>): number {
  return validUntil?.getTime() ?? Infinity;
}

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
  return rows.map(({ id, sealed }) => ({ id, sealed: sealedFrom(sealed) }));
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
