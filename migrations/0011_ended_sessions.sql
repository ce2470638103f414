-- Sessions of /mcp that their clients have ended: their ids are sealed texts, which would open on any gateway for ever.
-- Not a projection, and no loss: an id that is forgotten gives no right without its key.
create table ended_sessions (
  -- In the order of their ends.
  number bigint generated always as identity primary key,
  session_id uuid not null unique,
  key_id uuid not null
);

create index ended_sessions_by_key on ended_sessions (key_id, number);
