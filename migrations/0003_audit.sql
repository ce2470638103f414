-- The history of keys and servers alike takes the place of key_history. Like every read table it is built from the events.
drop table key_history;
delete from checkpoints where projection = 'key_history';

-- The audit trail: one row per event, without its secrets.
create table audit_events (
  stream text collate "C" not null,
  revision integer not null,
  position bigint not null,
  id uuid not null,
  type text not null,
  at timestamptz not null,
  actor text not null,
  correlation_id text not null,
  data jsonb not null,
  primary key (stream, revision)
);

create index audit_events_by_position on audit_events (position);
create index audit_events_by_actor on audit_events (actor, position);

-- Tells this event store from every other: positions mean something in one store only. Whoever asks first makes it.
create table event_store_identity (
  id uuid not null,
  -- One row at most.
  one boolean primary key default true check (one)
);

-- The identity of the event store whose positions these are; null before the first event is applied.
alter table checkpoints add column store uuid;
