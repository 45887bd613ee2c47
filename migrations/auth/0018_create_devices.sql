-- Devices without a keyboard, whose question a person answers elsewhere (RFC 8628), and which apps may ask in this way.
alter table oauth_clients add column grants text[] not null default '{}'
    constraint oauth_clients_grants_check check (grants <@ array ['device_code', 'token_exchange']);

create table oauth_devices (
    tenant_id      uuid        not null default usher.current_tenant(),
    -- SHA-256 of what the device holds.
    code_hash      bytea       not null constraint oauth_devices_code_hash_check check (length(code_hash) = 32),
    -- What the person types, under a key of the vault: it is short, and a plain digest could be searched.
    user_code_hash bytea       not null constraint oauth_devices_user_code_hash_check check (length(user_code_hash) = 32),
    client_id      uuid        not null,
    scope          text        not null,
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    -- When it asked last, and how long it has to wait until it asks again.
    polled_at      timestamptz,
    wait_seconds   integer     not null constraint oauth_devices_wait_seconds_check check (wait_seconds between 5 and 3600),
    -- What the person said; null until then.
    answer         text        constraint oauth_devices_answer_check check (answer in ('approved', 'denied')),
    user_id        uuid,
    session_id     uuid,
    used_at        timestamptz,
    constraint oauth_devices_pkey primary key (tenant_id, code_hash),
    constraint oauth_devices_user_code_hash_key unique (tenant_id, user_code_hash),
    constraint oauth_devices_client_id_fkey foreign key (tenant_id, client_id)
        references oauth_clients (tenant_id, client_id),
    constraint oauth_devices_answer_user_check
        check ((answer is null) = (user_id is null) and (answer is null) = (session_id is null)),
    constraint oauth_devices_used_check check (used_at is null or answer = 'approved')
);
call usher.protect_tenant_table('oauth_devices');
-- Whoever types a code says nothing of the tenant: all tenants are searched.
create index oauth_devices_user_code_hash_index on oauth_devices (user_code_hash);
create index oauth_devices_expires_at_index on oauth_devices (tenant_id, expires_at);

alter table throttles
    drop constraint throttles_kind_check,
    add constraint throttles_kind_check
        check (kind in ('account', 'known', 'source', 'letters', 'letters_of_source', 'user_codes'));
