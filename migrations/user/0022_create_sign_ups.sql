-- How a tenant lets strangers in; without a row by invitation alone.
create table sign_up_policies (
    tenant_id uuid        not null default usher.current_tenant(),
    mode      text        not null constraint sign_up_policies_mode_check check (mode in ('invite_only', 'self_serve')),
    role      text        not null constraint sign_up_policies_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$'),
    -- Who set it and answers for the role, as audit rows name an actor.
    set_by    text        not null,
    set_at    timestamptz not null,
    constraint sign_up_policies_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('sign_up_policies');

-- Strangers who asked to sign up, known and unknown addresses alike: what can be told of one must be true of the other.
create table sign_ups (
    tenant_id    uuid        not null default usher.current_tenant(),
    sign_up_id   uuid        not null,
    -- Which letter went out: to somebody new, or to somebody with an account; null where none did.
    kind         text        constraint sign_ups_kind_check check (kind in ('new', 'known')),
    email        text        not null constraint sign_ups_email_check check (length(email) between 3 and 254),
    -- SHA-256 of what stands in the link. Link and code derive from the id under a key outside the database.
    token_hash   bytea       not null constraint sign_ups_token_hash_check check (length(token_hash) = 32),
    -- SHA-256 of what the asking browser holds.
    binding_hash bytea       not null constraint sign_ups_binding_hash_check check (length(binding_hash) = 32),
    -- How often somebody gave what does not fit.
    tries        smallint    not null default 0 constraint sign_ups_tries_check check (tries between 0 and 5),
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    -- Since when it is good for nothing.
    used_at      timestamptz,
    constraint sign_ups_pkey primary key (tenant_id, sign_up_id),
    constraint sign_ups_token_hash_key unique (tenant_id, token_hash),
    constraint sign_ups_binding_hash_key unique (tenant_id, binding_hash)
);
-- The sweep looks over all tenants.
create index sign_ups_expires_at_index on sign_ups (expires_at);
call usher.protect_tenant_table('sign_ups');

-- How many strangers asked within an hour, by source, by address and by tenant: one tally for all processes and tenants, so
-- it belongs to none. Subjects are digests: the table names nobody.
create table sign_up_tallies (
    kind     text        not null
        constraint sign_up_tallies_kind_check check (kind in ('source', 'recipient', 'tenant')),
    subject  bytea       not null constraint sign_up_tallies_subject_check check (length(subject) = 32),
    tries    integer     not null constraint sign_up_tallies_tries_check check (tries > 0),
    began_at timestamptz not null,
    constraint sign_up_tallies_pkey primary key (kind, subject)
);
create index sign_up_tallies_began_at_index on sign_up_tallies (began_at);
