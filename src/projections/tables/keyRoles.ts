import { z } from 'zod';
import type { Decoded } from '../../events/catalogue.ts';
import { keyRoleEvents, type KeyRoleEvent } from '../../events/keyRole.ts';
import { roleNameOf } from '../../events/streamName.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { handlers, type Projection } from './projection.ts';
import { streamFaultSchema, type StreamFault } from './streamFault.ts';

// The table key_roles: every role as it stands; a deleted one has no row.

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

/** The JSON of a batch: each event's data with the role's name and the event's `at`, `actor` and `revision`. */
function asRows(events: readonly Decoded<KeyRoleEvent>[]): string {
  return JSON.stringify(
    events.map(({ stream, revision, data, metadata: { at, actor } }) => {
      return { ...data, name: roleNameOf(stream), at, actor, revision };
    }),
  );
}

export const keyRoles: Projection = {
  name: 'key_roles',
  table: true,
  version: 1,
  lastCounts: { KeyRoleChanged: 'settings' },
  on: handlers(keyRoleEvents, {
    KeyRoleCreated: (tx, events) =>
      tx.query(sql`
        insert into key_roles (name, id, description, scopes, grants, created_at, created_by, updated_at, revision)
        select e.name, e.id, e.description, e.scopes, e.grants, e.at, e.actor, e.at, e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          name text, id uuid, description text, scopes text[], grants text[], at timestamptz, actor text, revision integer)
        on conflict (name) do nothing`),
    KeyRoleChanged: (tx, events) =>
      tx.query(sql`
        update key_roles r
        set description = e.description, scopes = e.scopes, grants = e.grants, updated_at = e.at, revision = e.revision
        from jsonb_to_recordset(${asRows(events)}::jsonb) as e (
          name text, description text, scopes text[], grants text[], at timestamptz, revision integer)
        where r.name = e.name and r.revision < e.revision`),
    KeyRoleDeleted: (tx, events) =>
      tx.query(sql`
        delete from key_roles r
        using jsonb_to_recordset(${asRows(events)}::jsonb) as e (name text, revision integer)
        where r.name = e.name and r.revision < e.revision`),
  }),
};

type Raw = Omit<KeyRoleRow, 'fault'> & { fault: string | null; keys: string | null };

function fromRaw({ keys, ...row }: Raw): CountedRole {
  return { ...row, fault: streamFaultSchema.nullable().parse(row.fault), keys: Number(keys ?? 0) };
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

const roleOfKeySchema = z.object({
  name: z.string(),
  id: z.string(),
  /** Why it gives nothing: it was deleted, or its stream has a fault. */
  lost: z.enum(['deleted', ...streamFaultSchema.options]).optional(),
  revision: z.int().optional(),
  scopes: z.array(z.string()).default([]),
  grants: z.array(z.string()).default([]),
});

/** A role that a key has, and what it gives now. */
export type RoleOfKey = z.infer<typeof roleOfKeySchema>;

const rolesOfKeySchema = z.array(roleOfKeySchema);

/** Reads what the function roles_of_key gives. */
export function rolesOfKey(stored: unknown): RoleOfKey[] {
  return rolesOfKeySchema.parse(stored);
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
