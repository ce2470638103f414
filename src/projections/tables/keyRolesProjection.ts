import type { Decoded } from '../../events/catalogue.ts';
import { keyRoleEvents, type KeyRoleEvent } from '../../events/keyRole.ts';
import { roleNameOf } from '../../events/streamName.ts';
import { sql } from '../../postgres/sql.ts';
import { handlers, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table key_roles: every role as it stands; a deleted one has no row. keyRoles.ts reads it.

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
  version: VERSIONS.key_roles,
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
