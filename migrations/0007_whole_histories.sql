-- Where the read side stands is a bookmark: the last event of ours that was applied, by position, id and hash. The position of
-- a checkpoint says how far the store was considered, strangers' records included.
alter table checkpoints
  add column bookmark_position bigint,
  add column bookmark_stream text,
  add column bookmark_id uuid,
  add column bookmark_hash text;

-- Until now the position was that of an event of ours; what else marks it is read from the store at the next start.
update checkpoints set bookmark_position = position;

create index stream_heads_by_position on stream_heads (position);

-- Events that can't be read: their key or server is unusable until somebody has them skipped.
create table unreadable_events (
  stream text collate "C" not null,
  revision integer not null,
  position bigint not null,
  type text not null,
  -- A sentence.
  reason text not null,
  -- An operator looked at it and has readers pass it by (EventSkipped, src/events/streamRepair.ts).
  skipped boolean not null,
  primary key (stream, revision)
);

-- Keys and servers that were made invalid although their history is hidden or can't be read.
create table retired_streams (
  stream text collate "C" primary key,
  -- For good: its secrets are destroyed.
  final boolean not null,
  reason text,
  at timestamptz not null,
  actor text not null,
  -- Of the repair's own stream.
  revision integer not null
);

-- Streams of which the event store does not show the beginning any more. No projection: it is what the store was seen to
-- show, and every process may look again.
create table hidden_streams (
  stream text collate "C" primary key,
  -- limited: not yet, but a limit is set that hides it sooner or later.
  visibility text not null check (visibility in ('limited', 'hidden', 'removed')),
  noticed_at timestamptz not null default now()
);

-- Keys and servers whose row counts only from this revision on: a revocation that is stored holds before it is applied. No
-- projection: the writer of the event puts it here.
create table withheld_streams (
  stream text collate "C" primary key,
  revision integer not null
);

-- Why a key or server must not be used, whatever its own row says.
create view stream_faults as
  select h.stream, h.visibility as fault from hidden_streams h where h.visibility <> 'limited'
  union all
  select distinct u.stream, 'unreadable' from unreadable_events u where not u.skipped
  union all
  select r.stream, 'retired' from retired_streams r;

-- Gives the fault of a key or server whose row stands at a revision; null when there is none. withheld: a revocation beyond
-- that revision is stored and not applied yet.
create function stream_fault(of_stream text, at_revision integer) returns text
language sql stable
begin atomic
  select coalesce(
    (select f.fault from stream_faults f where f.stream = of_stream order by f.fault limit 1),
    (select 'withheld' from withheld_streams w where w.stream = of_stream and w.revision > at_revision)
  );
end;

-- States of long streams, so that a command need not read them from the start. A cache: rows may be deleted at any time.
create table stream_snapshots (
  stream text collate "C" primary key,
  -- Of the last event in the state, and its hash: a snapshot counts only where exactly this event stands.
  revision integer not null,
  hash text not null,
  -- Of the shape of the state.
  version integer not null,
  state jsonb not null,
  -- HMAC-SHA-256 under the key of the hash chain over all of the above.
  mac text not null
);

-- What an installation is bound to.
create table installation (
  -- Proves that vault_keys holds the same system keys as before: HMAC-SHA-256 under each of a fixed text.
  key_checks jsonb not null,
  -- One row at most.
  one boolean primary key default true check (one)
);
