-- Named sets of scopes and grants: src/events/keyRole.ts. A deleted role has no row.
create table key_roles (
  name text collate "C" primary key,
  -- Tells this role from one of the same name before it or after it.
  id uuid not null,
  description text,
  scopes text[] not null,
  grants text[] not null,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  revision integer not null
);

-- The roles that a key has: [{"name", "id"}], sorted by name.
alter table api_keys add column roles jsonb not null default '[]';

-- To count the keys that have a role.
create index api_keys_by_role on api_keys using gin (roles jsonb_path_ops);

-- How many keys have a role that were not deleted.
create function keys_with_role(role uuid) returns bigint
language sql stable
as $$
  select count(*) from api_keys k
  where k.roles @> jsonb_build_array(jsonb_build_object('id', role)) and k.status <> 'deleted'
$$;

-- What the roles of a key are now, in their order: name, id, and what it gives with its revision; `lost` in its place says
-- why it gives nothing: deleted (or another one has its name), or a fault of its stream. Not begin atomic: it reads the table that
-- is there when it is called.
create function roles_of_key(held jsonb) returns jsonb
language sql stable
as $$
  select coalesce(jsonb_agg(h.held || case
    when r.name is null then jsonb_build_object('lost', 'deleted')
    when r.fault is not null then jsonb_build_object('lost', r.fault)
    else jsonb_build_object('revision', r.revision, 'scopes', to_jsonb(r.scopes), 'grants', to_jsonb(r.grants))
  end order by h.place), '[]')
  from jsonb_array_elements(held) with ordinality as h (held, place)
  left join lateral (
    select k.*, stream_fault('keyRole-' || k.name, k.revision) as fault
    from key_roles k
    where k.name = h.held->>'name' and k.id = (h.held->>'id')::uuid
  ) as r on true
$$;

-- All grants of a key, its roles' with its own.
create function grants_of_key(key api_keys) returns text[]
language sql stable
as $$
  select case when key.roles = '[]' then key.grants else key.grants || array(
    select g.text
    from jsonb_array_elements(roles_of_key(key.roles)) as r (role), jsonb_array_elements_text(coalesce(r.role->'grants', '[]')) as g (text)
  ) end
$$;

-- As in 0014_labels.sql; a key is also found by what its roles grant, and by a role that it has.
create or replace function keys_that_fit(filter jsonb) returns setof api_keys
language sql stable
as $$
  select k.*
  from api_keys k
  where not filter->'without' ? k.status::text
    and (filter->'statuses' is null
      or filter->'statuses' ? api_key_status_at(k, (filter->>'now')::timestamptz))
    and (filter->'tags' is null or k.tags @> array(select jsonb_array_elements_text(filter->'tags')))
    and (filter->>'owner' is null or lower(k.owner) = lower(filter->>'owner'))
    and (filter->>'name' is null or strpos(lower(k.name), lower(filter->>'name')) > 0)
    and (filter->>'grant' is null or exists (
      select from unnest(grants_of_key(k)) as g (text)
      where g.text = filter->>'grant' or starts_with(g.text, filter->>'grant' || ':')))
    and (filter->>'role' is null or exists (
      select from key_roles r
      where r.name = filter->>'role' and k.roles @> jsonb_build_array(jsonb_build_object('id', r.id))))
    and (filter->>'expiresBefore' is null or k.expires_at < (filter->>'expiresBefore')::timestamptz)
    and (filter->>'unusedSince' is null or (k.created_at < (filter->>'unusedSince')::timestamptz and not exists (
      select from key_usage u
      where u.key_id = k.id and u.hour >= (filter->>'unusedSince')::timestamptz - interval '1 hour'
        and u.last_used_at >= (filter->>'unusedSince')::timestamptz)))
    and (filter->'words' is null or not exists (
      select from jsonb_array_elements_text(filter->'words') as w (text)
      where strpos(lower(concat_ws(' ', k.name, k.description, k.owner, array_to_string(k.grants, ' '),
          array_to_string(k.tags, ' '), (select string_agg(r.role->>'name', ' ') from jsonb_array_elements(k.roles) as r (role)))),
          lower(w.text)) = 0
        and not starts_with(k.id::text, lower(w.text))))
$$;
