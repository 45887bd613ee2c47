-- Refresh tokens, a row for each line of them. A refresh token derives from its family and generation under a key of the
-- vault, so the same successor can be told again; here stand hashes alone. Belongs to the tenant whose tokens these are,
-- or to the platform.
create table token_families (
    tenant_id   uuid        not null default usher.current_tenant(),
    family_id   uuid        not null,
    user_id     uuid        not null,
    -- The session with which it ends.
    session_id  uuid        not null,
    -- The software that has it; `usher` for a person's own.
    client_id   text        not null constraint token_families_client_id_check check (length(client_id) between 1 and 64),
    -- How often it was renewed: the generation that counts.
    generation  integer     not null constraint token_families_generation_check check (generation >= 0),
    -- SHA-256 of the refresh token that counts, and of the one before it.
    token_hash  bytea       not null constraint token_families_token_hash_check check (length(token_hash) = 32),
    former_hash bytea       constraint token_families_former_hash_check check (length(former_hash) = 32),
    -- Since when this generation counts.
    turned_at   timestamptz not null,
    -- Whether an access token of this generation was shown.
    used        boolean     not null default false,
    created_at  timestamptz not null,
    -- However often it is renewed, it ends here.
    expires_at  timestamptz not null,
    ended_at    timestamptz,
    end_cause   text        constraint token_families_end_cause_check check (end_cause in ('revoked', 'reused')),
    constraint token_families_pkey primary key (tenant_id, family_id),
    constraint token_families_ended_check check ((ended_at is null) = (end_cause is null)),
    constraint token_families_former_check check ((generation = 0) = (former_hash is null))
);
call usher.protect_tenant_table('token_families');
-- For the sweep, which goes over all tenants.
create index token_families_expires_at_index on token_families (tenant_id, expires_at);
create index token_families_session_id_index on token_families (tenant_id, session_id);
create index token_families_user_id_index on token_families (tenant_id, user_id);
