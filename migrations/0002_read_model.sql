-- The read model: what src/projections makes of the events, and what it needs to run. DESIGN 5.
-- Each table is touched by the file of the same name only.

create type api_key_status as enum ('active', 'inactive', 'rotated', 'deleted');

create table api_keys (
  id uuid primary key,
  name text not null,
  description text,
  -- A rotated key is good until valid_until.
  status api_key_status not null,
  scopes text[] not null,
  grants text[] not null,
  expires_at timestamptz,
  rotated_from uuid,
  successor_id uuid,
  valid_until timestamptz,
  -- Null once the key is deleted.
  sealed jsonb,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  revision integer not null
);

create index api_keys_by_age on api_keys (created_at, id);

create type mcp_server_transport as enum ('http', 'sse', 'stdio');
create type mcp_server_isolation as enum ('session', 'key', 'shared');
create type mcp_server_status as enum ('enabled', 'disabled');

create table mcp_servers (
  name text collate "C" primary key,
  id uuid not null unique,
  title text,
  description text,
  transport mcp_server_transport not null,
  url text,
  command text,
  args text[],
  cwd text,
  isolation mcp_server_isolation not null,
  limits jsonb not null,
  timeouts jsonb not null,
  -- Null when the server needs no secrets.
  sealed jsonb,
  status mcp_server_status not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision integer not null
);

-- The audit trail of keys: one row per event, without its secrets.
create table key_history (
  key_id uuid not null,
  revision integer not null,
  position bigint not null,
  type text not null,
  at timestamptz not null,
  actor text not null,
  correlation_id text not null,
  data jsonb not null,
  primary key (key_id, revision)
);

create index key_history_by_position on key_history (position);

-- The last event of each stream, which the audit compares with the event store.
create table stream_heads (
  stream text collate "C" primary key,
  revision integer not null,
  hash text not null,
  position bigint not null
);

-- Wrapped data encryption keys. Not a projection: it can't be rebuilt from the events, so it belongs into every backup.
create table vault_keys (
  id uuid primary key,
  -- The stream whose secrets it seals.
  subject text not null,
  wrapped bytea not null,
  master_key_id text not null,
  created_at timestamptz not null default now()
);

create index vault_keys_by_subject on vault_keys (subject);

-- How far each projection has come.
create table checkpoints (
  projection text primary key,
  version integer not null,
  -- The position of the last event applied; null before the first.
  position bigint,
  -- Null while it runs.
  stopped_reason text,
  updated_at timestamptz not null default now()
);
