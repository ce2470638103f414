-- False while a table is built for the first time: it lacks events, deletions and revocations among them, so nobody may
-- be let in on its word.
alter table checkpoints add column built boolean not null default true;
