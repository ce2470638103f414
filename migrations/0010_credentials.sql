-- What a key has of its own for servers, by the server's name: src/events/apiKey.ts, ApiKeyCredentialSet.
alter table api_keys add column credentials jsonb not null default '{}';

create index api_keys_with_credentials on api_keys (created_at, id) where credentials <> '{}'::jsonb;
