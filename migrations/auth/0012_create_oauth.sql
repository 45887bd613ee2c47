-- Apps that act for people or for themselves, and the codes that people gave them. An app belongs to a tenant, which its
-- public name holds, so it is looked for in that tenant alone.
create table oauth_clients (
    tenant_id          uuid        not null default usher.current_tenant(),
    client_id          uuid        not null,
    name               text        not null constraint oauth_clients_name_check check (length(name) between 1 and 120),
    -- SHA-256 of the secret; null for an app that cannot keep one.
    secret_hash        bytea       constraint oauth_clients_secret_hash_check check (length(secret_hash) = 32),
    redirect_uris      text[]      not null
        constraint oauth_clients_redirect_uris_check check (cardinality(redirect_uris) <= 20),
    scopes             text[]      not null constraint oauth_clients_scopes_check check (cardinality(scopes) <= 100),
    -- As whom it acts when it acts for itself.
    service_account_id uuid,
    created_at         timestamptz not null,
    ended_at           timestamptz,
    constraint oauth_clients_pkey primary key (tenant_id, client_id),
    constraint oauth_clients_itself_check check (service_account_id is null or secret_hash is not null)
);
call usher.protect_tenant_table('oauth_clients');

create table oauth_codes (
    tenant_id    uuid        not null default usher.current_tenant(),
    -- SHA-256 of the code.
    code_hash    bytea       not null constraint oauth_codes_code_hash_check check (length(code_hash) = 32),
    client_id    uuid        not null,
    user_id      uuid        not null,
    session_id   uuid        not null,
    redirect_uri text        not null,
    -- SHA-256 of what the app keeps until it shows the code (RFC 7636).
    challenge    bytea       not null constraint oauth_codes_challenge_check check (length(challenge) = 32),
    scope        text        not null,
    nonce        text        not null constraint oauth_codes_nonce_check check (length(nonce) <= 255),
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    -- What it gave; ends when the code is shown again.
    family_id    uuid,
    constraint oauth_codes_pkey primary key (tenant_id, code_hash),
    constraint oauth_codes_client_id_fkey foreign key (tenant_id, client_id)
        references oauth_clients (tenant_id, client_id)
);
call usher.protect_tenant_table('oauth_codes');
create index oauth_codes_expires_at_index on oauth_codes (tenant_id, expires_at);

-- To what the tokens of an app are held, with spaces between; null for a person's own.
alter table token_families add column scope text;
