-- What people find a key by: who answers for it, and tags as team=search. src/events/apiKey.ts, ApiKeyLabelled.
alter table api_keys
  add column owner text,
  add column tags text[] not null default '{}';

create index api_keys_by_tag on api_keys using gin (tags);

-- The status of a key at a time, as people see it: time alone ends some that are active in the table.
create function api_key_status_at(key api_keys, at timestamptz) returns text
language sql stable
as $$
  select case
    when key.status = 'deleted' then 'deleted'
    when stream_fault('apiKey-' || key.id, key.revision) is not null then 'unusable'
    when key.status = 'inactive' then 'inactive'
    when key.expires_at <= at then 'expired'
    when key.status = 'active' then 'active'
    when key.valid_until <= at then 'rotated'
    else 'rotating'
  end
$$;

-- The keys that a filter lets through: src/projections/tables/keyFilter.ts. Not begin atomic: its columns are those of the
-- table when it is called. PostgreSQL puts its text into the query that calls it, so that indexes serve it.
create function keys_that_fit(filter jsonb) returns setof api_keys
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
      select from unnest(k.grants) as g (text)
      where g.text = filter->>'grant' or starts_with(g.text, filter->>'grant' || ':')))
    and (filter->>'expiresBefore' is null or k.expires_at < (filter->>'expiresBefore')::timestamptz)
    and (filter->>'unusedSince' is null or (k.created_at < (filter->>'unusedSince')::timestamptz and not exists (
      select from key_usage u
      where u.key_id = k.id and u.hour >= (filter->>'unusedSince')::timestamptz - interval '1 hour'
        and u.last_used_at >= (filter->>'unusedSince')::timestamptz)))
    and (filter->'words' is null or not exists (
      select from jsonb_array_elements_text(filter->'words') as w (text)
      where strpos(lower(concat_ws(' ', k.name, k.description, k.owner, array_to_string(k.grants, ' '),
          array_to_string(k.tags, ' '))), lower(w.text)) = 0
        and not starts_with(k.id::text, lower(w.text))))
$$;

-- What a list of keys is sorted by, as a text that sorts likewise in the collation "C"; what has no such time comes last.
create function api_key_place(key api_keys, sort text) returns text
language sql stable
as $$
  select case sort
    -- A part of it: it stands in the cursors of REST.
    when 'name' then left(lower(key.name), 64)
    when 'expires' then
      coalesce(to_char(key.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '~')
    when 'last-used' then
      coalesce((select to_char(max(u.last_used_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
        from key_usage u where u.key_id = key.id), '')
    else to_char(key.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
  end
$$;
