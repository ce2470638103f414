-- The event store. Rows are only ever inserted, and only by append_events().
create table events (
  -- Rises in commit order, because appends take turns; may have gaps.
  "position" bigint generated always as identity primary key,
  stream text not null,
  -- Counts within the stream, from 0.
  revision integer not null check (revision >= 0),
  event_id uuid not null unique,
  type text not null,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  metadata jsonb not null check (jsonb_typeof(metadata) = 'object'),
  -- Bytes of data and metadata in memory: readers bound a page with it.
  size integer not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (stream, revision)
);

-- Where appends are announced. Of this table alone: channels belong to a database, and the oid to one schema in it.
create function events_channel() returns text
language sql stable parallel safe
begin atomic
  select 'events_' || 'events'::regclass::oid;
end;

-- Appends a batch: [{"stream", "expected" (-1: no such stream), "events": [{"id", "type", "data", "metadata"}]}].
-- Gives one row for each append, in their order, with an outcome:
--   appended  the events stand at the end of the stream, now or since an earlier try with the same ids
--   conflict  the stream's last revision is another one
--   id-taken  one of the ids belongs to an event elsewhere
-- and the revision and position of the last event appended, or else the stream's last revision (-1: no such stream).
create function append_events(batch jsonb) returns table (outcome text, at_revision integer, at_position bigint)
language plpgsql volatile
as $$
declare
  append record;
  actual integer;
  appended_at bigint;
  found_before bigint;
  announced bigint;
begin
  -- Appends take turns from before the first position is drawn until after commit, so positions become visible in
  -- order and a reader that asks for what lies beyond the last one that it has seen never misses one.
  perform pg_advisory_xact_lock(1163284301, 'events'::regclass::oid::integer);

  -- The checks below must see what the previous holder of the lock has committed.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'append_events() needs read committed' using errcode = 'invalid_transaction_state';
  end if;

  for append in
    select a.stream, a.expected, a.events, jsonb_array_length(a.events) as events_count
    from rows from (jsonb_to_recordset(batch) as (stream text, expected integer, events jsonb))
      with ordinality as a (stream, expected, events, ordinal)
    order by a.ordinal
  loop
    select coalesce(max(e.revision), -1) into actual from events e where e.stream = append.stream;

    if actual <> append.expected then
      select count(*), max(e.position) into found_before, appended_at
      from jsonb_array_elements(append.events) with ordinality as n (event, ordinal)
      join events e on e.stream = append.stream
        and e.revision = append.expected + n.ordinal
        and e.event_id = (n.event ->> 'id')::uuid;
      if found_before = append.events_count then
        outcome := 'appended';
        at_revision := append.expected + append.events_count;
        at_position := appended_at;
      else
        outcome := 'conflict';
        at_revision := actual;
        at_position := null;
      end if;
    elsif exists (
      select from jsonb_array_elements(append.events) as n (event)
      join events e on e.event_id = (n.event ->> 'id')::uuid
    ) then
      outcome := 'id-taken';
      at_revision := actual;
      at_position := null;
    else
      with appended as (
        insert into events (stream, revision, event_id, type, data, metadata, size)
        select append.stream, append.expected + n.ordinal, (n.event ->> 'id')::uuid, n.event ->> 'type',
          n.event -> 'data', n.event -> 'metadata',
          pg_column_size(n.event -> 'data') + pg_column_size(n.event -> 'metadata')
        from jsonb_array_elements(append.events) with ordinality as n (event, ordinal)
        order by n.ordinal
        returning events.position
      )
      select max(appended.position) into announced from appended;
      outcome := 'appended';
      at_revision := append.expected + append.events_count;
      at_position := announced;
    end if;
    return next;
  end loop;

  if announced is not null then
    perform pg_notify(events_channel(), announced::text);
  end if;
end
$$;
