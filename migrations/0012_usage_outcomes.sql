-- What calls failed with, beside the kind of their failures, and those that the gateway refused before they reached the server.
alter table key_usage
  add column errors_refused bigint not null default 0,
  -- Failed calls by the code of what ended them: {"tool-withheld": 3}.
  add column outcomes jsonb not null default '{}';
