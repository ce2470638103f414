-- Who used what: counters of calls. No projection, because no event tells of a call: rebuilds never touch it. DESIGN 5.
create table key_usage (
  key_id uuid not null,
  -- The hour, in UTC, in which the calls ended.
  hour timestamptz not null,
  server text collate "C" not null,
  method text collate "C" not null,
  -- '' for what is no tool call.
  tool text collate "C" not null,
  calls bigint not null,
  -- Errors by kind: src/usage/errorKind.ts.
  errors_client bigint not null,
  errors_timeout bigint not null,
  errors_upstream bigint not null,
  errors_cut bigint not null,
  errors_answer bigint not null,
  bytes_in bigint not null,
  bytes_out bigint not null,
  -- Calls that ended in each 5 minutes of the hour: 12 counters.
  slots integer[] not null,
  -- Calls by duration: 16 counters, whose bounds are in src/usage/histogram.ts.
  latency integer[] not null,
  last_used_at timestamptz not null,
  -- In the order in which the last use of a key is found.
  primary key (key_id, hour, server, method, tool)
);

create index key_usage_by_hour on key_usage (hour);

-- Batches that were added, so that one whose outcome was not heard of can be sent again without counting twice.
create table key_usage_batches (
  id uuid primary key,
  added_at timestamptz not null default now()
);
