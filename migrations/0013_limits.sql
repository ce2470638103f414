-- How often and how much a key may use, and from where (src/events/limit.ts).
alter table api_keys
  add column limits text[] not null default '{}',
  add column networks text[] not null default '{}';

-- What gateways have taken of limits that they share, in advance. Not a projection, and no loss: a limit that is forgotten begins anew.
create table rate_leases (
  -- Whose limit it is, and the limit.
  bucket text primary key,
  -- When it would be whole again if nobody took more of it.
  full_at timestamptz not null
);
