-- API keys of a tenant's people and service accounts. A key holds its tenant's id, so it is looked for in that tenant
-- alone.
create table api_keys (
    tenant_id           uuid        not null default usher.current_tenant(),
    api_key_id          uuid        not null,
    name                text        not null constraint api_keys_name_check check (length(name) between 1 and 120),
    subject_type        text        not null
        constraint api_keys_subject_type_check check (subject_type in ('person', 'service_account')),
    subject_id          uuid        not null,
    -- SHA-256 of the secret, and its last characters for people to tell keys apart.
    secret_hash         bytea       not null constraint api_keys_secret_hash_check check (length(secret_hash) = 32),
    hint                text        not null constraint api_keys_hint_check check (length(hint) = 4),
    -- The secret before the last rotation, and until when it goes on.
    former_hash         bytea       constraint api_keys_former_hash_check check (length(former_hash) = 32),
    former_until        timestamptz,
    -- Permissions to which it is held; all of its owner's when empty.
    scopes              text[]      not null constraint api_keys_scopes_check check (cardinality(scopes) <= 100),
    requests_per_minute integer     not null
        constraint api_keys_requests_per_minute_check check (requests_per_minute between 0 and 1000000),
    created_at          timestamptz not null,
    created_by          text        not null,
    expires_at          timestamptz,
    -- To the hour: reading a key seldom writes.
    last_used_at        timestamptz,
    revoked_at          timestamptz,
    constraint api_keys_pkey primary key (tenant_id, api_key_id),
    constraint api_keys_secret_hash_key unique (tenant_id, secret_hash),
    constraint api_keys_former_check check ((former_hash is null) = (former_until is null))
);
call usher.protect_tenant_table('api_keys');
create unique index api_keys_former_hash_key on api_keys (tenant_id, former_hash) where former_hash is not null;
create index api_keys_subject_id_index on api_keys (tenant_id, subject_id);
