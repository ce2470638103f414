-- Up to when gateways have warned of keys that are about to expire: one that starts goes on from there. Null: none has looked yet.
alter table installation add column keys_warned_until timestamptz;
