import { apiKeyEvents, type ApiKeyEvent } from '../../events/apiKey.ts';
import type { Decoded } from '../../events/catalogue.ts';
import { keyIdOf } from '../../events/streamName.ts';
import { sql } from '../../postgres/sql.ts';
import { handlers, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table api_keys: every key as it stands, deleted ones included (without their secrets). apiKeys.ts reads it.

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
  version: VERSIONS.api_keys,
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
