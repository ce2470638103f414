-- By which a command finds out whether the gateway that answers works on the same stores. Random and bound to nothing: it reveals
-- nothing, and gives no right. The row is made by the first process that opens the stores, before there is any history.
alter table installation
  alter column key_checks drop not null,
  add column id uuid not null default gen_random_uuid();
