-- Apps that prove themselves by keys of their own (RFC 7523), push what they ask for (RFC 9126), or belong to the platform,
-- and what people have agreed to.
alter table oauth_clients
    -- Public keys, as a JWK set has them; null for an app with a secret, or without any.
    add column jwks             jsonb   constraint oauth_clients_jwks_check check (jsonb_typeof(jwks) = 'array'),
    -- Whether it may ask people only by what it pushed before.
    add column require_pushed   boolean not null default false,
    -- Whether people are not asked; the platform's own apps alone.
    add column implicit_consent boolean not null default false,
    drop constraint oauth_clients_itself_check,
    add constraint oauth_clients_itself_check
        check (service_account_id is null or secret_hash is not null or jwks is not null),
    add constraint oauth_clients_proof_check check (secret_hash is null or jwks is null),
    add constraint oauth_clients_implicit_consent_check
        check (not implicit_consent or tenant_id = '00000000-0000-0000-0000-000000000000');

-- A code belongs to the tenant whose tokens it gives. An app of the platform stands in the platform's own tenant, so no key
-- leads there; apps are ended, never removed.
alter table oauth_codes drop constraint oauth_codes_client_id_fkey;

-- Assertions that were shown, so that each counts once.
create table oauth_assertions (
    tenant_id      uuid        not null default usher.current_tenant(),
    -- SHA-256 over the app's id and the assertion's own.
    assertion_hash bytea       not null
        constraint oauth_assertions_assertion_hash_check check (length(assertion_hash) = 32),
    expires_at     timestamptz not null,
    constraint oauth_assertions_pkey primary key (tenant_id, assertion_hash)
);
call usher.protect_tenant_table('oauth_assertions');
create index oauth_assertions_expires_at_index on oauth_assertions (tenant_id, expires_at);

-- What apps pushed, until a person has answered.
create table oauth_pushed (
    tenant_id    uuid        not null default usher.current_tenant(),
    -- SHA-256 of the secret part of its name.
    pushed_hash  bytea       not null constraint oauth_pushed_pushed_hash_check check (length(pushed_hash) = 32),
    client_id    uuid        not null,
    redirect_uri text        not null,
    scope        text        not null,
    state        text        not null constraint oauth_pushed_state_check check (length(state) <= 1000),
    nonce        text        not null constraint oauth_pushed_nonce_check check (length(nonce) <= 255),
    challenge    text        not null,
    prompt       text        not null,
    created_at   timestamptz not null,
    -- Until when it is shown to people; whoever is looking at it may answer a little longer.
    expires_at   timestamptz not null,
    used_at      timestamptz,
    constraint oauth_pushed_pkey primary key (tenant_id, pushed_hash),
    constraint oauth_pushed_client_id_fkey foreign key (tenant_id, client_id)
        references oauth_clients (tenant_id, client_id)
);
call usher.protect_tenant_table('oauth_pushed');
create index oauth_pushed_expires_at_index on oauth_pushed (tenant_id, expires_at);

-- What a person has agreed to in a tenant, a row for each app.
create table oauth_consents (
    tenant_id        uuid        not null default usher.current_tenant(),
    consent_id       uuid        not null,
    user_id          uuid        not null,
    -- The tenant's own app, or the platform's.
    client_tenant_id uuid        not null,
    client_id        uuid        not null,
    scopes           text[]      not null constraint oauth_consents_scopes_check check (cardinality(scopes) <= 100),
    created_at       timestamptz not null,
    -- When the person agreed last.
    agreed_at        timestamptz not null,
    constraint oauth_consents_pkey primary key (tenant_id, consent_id),
    constraint oauth_consents_user_id_client_id_key unique (tenant_id, user_id, client_id),
    constraint oauth_consents_client_tenant_id_check
        check (client_tenant_id in (tenant_id, '00000000-0000-0000-0000-000000000000'))
);
call usher.protect_tenant_table('oauth_consents');
