import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { listIn, numberIn, objectIn, optionalIn, textIn, textsIn, wordIn } from '../../storedJson.ts';
import { faultFrom, STREAM_FAULTS, type StreamFault } from './streamFault.ts';

// The rows of the table key_roles, which keyRolesProjection.ts writes.

export interface KeyRoleRow {
  name: string;
  /** Tells it from those of the same name before it and after it. */
  id: string;
  description: string | null;
  scopes: string[];
  grants: string[];
  createdAt: Date;
  createdBy: string;
  updatedAt: Date;
  /** The revision of the role's stream. */
  revision: number;
  /** Why it gives nothing. */
  fault: StreamFault | null;
}

/** A role with how many keys have it that were not deleted. */
export type CountedRole = KeyRoleRow & { readonly keys: number };

type Raw = Omit<KeyRoleRow, 'fault'> & { fault: string | null; keys: string | null };

function fromRaw({ keys, ...row }: Raw): CountedRole {
  return { ...row, fault: faultFrom(row.fault), keys: Number(keys ?? 0) };
}

/** Finds a role by its name. */
export async function findRole(db: Queryable, name: string): Promise<CountedRole | undefined> {
  const [row] = await db.query<Raw>(sql`
    select name, id, description, scopes, grants, created_at as "createdAt", created_by as "createdBy",
      updated_at as "updatedAt", revision, stream_fault('keyRole-' || name, revision)::text as fault,
      keys_with_role(id)::text as keys
    from key_roles where name = ${name}`);
  return row === undefined ? undefined : fromRaw(row);
}

/** Lists roles by name, from the one after `after` on. */
export async function listRoles(
  db: Queryable,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<CountedRole[]> {
  const rows = await db.query<Raw>(sql`
    select name, id, description, scopes, grants, created_at as "createdAt", created_by as "createdBy",
      updated_at as "updatedAt", revision, stream_fault('keyRole-' || name, revision)::text as fault,
      keys_with_role(id)::text as keys
    from key_roles where name > ${after ?? ''} order by name limit ${limit}`);
  return rows.map(fromRaw);
}

const LOSSES = ['deleted', ...STREAM_FAULTS] as const;

/** A role that a key has, and what it gives now. */
export interface RoleOfKey {
  name: string;
  id: string;
  /** Why it gives nothing: it was deleted, or its stream has a fault. */
  lost?: (typeof LOSSES)[number];
  revision?: number;
  scopes: string[];
  grants: string[];
}

/** Reads what the function roles_of_key gives. @throws StrangeJson */
export function rolesOfKey(stored: unknown): RoleOfKey[] {
  return listIn(stored).map((each) => {
    const role = objectIn(each);
    return {
      name: textIn(role['name']),
      id: textIn(role['id']),
      ...optionalIn(role, 'lost', (why) => wordIn(LOSSES, why)),
      ...optionalIn(role, 'revision', numberIn),
      scopes: textsIn(role['scopes'] ?? []),
      grants: textsIn(role['grants'] ?? []),
    };
  });
}

/** What a key may do in all: its own scopes and grants, and those that its roles give it now. */
export function effectiveAccess({
  scopes,
  grants,
  roles,
}: {
  readonly scopes: readonly string[];
  readonly grants: readonly string[];
  readonly roles: readonly RoleOfKey[];
}): { readonly scopes: readonly string[]; readonly grants: readonly string[] } {
  if (roles.length === 0) return { scopes, grants };
  return {
    scopes: [...new Set([...scopes, ...roles.flatMap((role) => role.scopes)])],
    grants: [...new Set([...grants, ...roles.flatMap((role) => role.grants)])],
  };
}
