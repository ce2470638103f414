-- The setting on_tool_change of a server; null: its default.
alter table mcp_servers add column on_tool_change text;

-- The definitions of tools that are approved: src/events/mcpCatalogue.ts.
create table approved_tools (
  server text collate "C" not null,
  tool text collate "C" not null,
  -- Over all members of the definition.
  digest text collate "C" not null,
  -- Of the server: an approval is none of another one that takes over its name.
  registered_at timestamptz not null,
  -- Of the stream of the server's catalogue.
  revision integer not null,
  primary key (server, tool, digest)
);

-- What servers offer, as they sent it last. No projection, and no loss: servers are asked again.
create table remembered_catalogues (
  server text collate "C" not null,
  -- Which clients are offered it: src/catalogue/audience.ts.
  audience text collate "C" not null,
  -- The only key that it is for; null: for any.
  key_id uuid,
  -- Of the server's stream: lists of its former settings are not its lists.
  revision integer not null,
  -- Over the whole catalogue. Null, as the content: it was never read, or made room for others.
  digest text,
  -- JSON with every number as the server wrote it, which jsonb would not keep.
  content text,
  bytes integer not null default 0,
  read_at timestamptz,
  -- How often the server was asked, with whatever outcome.
  attempts integer not null default 0,
  -- The server has sent that its lists changed, and they were not read since.
  outdated boolean not null default false,
  -- Why it could not be read the last time; how often in a row.
  failure text,
  failures integer not null default 0,
  failed_at timestamptz,
  -- Until then one gateway asks the server, and no other.
  leased_until timestamptz,
  primary key (server, audience)
);

create index remembered_catalogues_by_key on remembered_catalogues (key_id) where key_id is not null;
