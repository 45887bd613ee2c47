-- An invitation. The token of its link is never stored, only its SHA-256.
create table invites (
    tenant_id   uuid        not null,
    invite_id   uuid        not null,
    user_id     uuid        not null constraint invites_user_id_fkey references users (user_id),
    email       text        not null,
    name        text        not null,
    role        text        not null constraint invites_role_check check (role in ('owner', 'admin', 'operator', 'client', 'user')),
    -- `expired` marks a row that another one replaced; until then a pending row expires by its date alone.
    status      text        not null constraint invites_status_check check (status in ('pending', 'accepted', 'expired', 'revoked')),
    locale      text        not null,
    reference   text        not null constraint invites_reference_check check (length(reference) <= 200),
    token_hash  bytea       not null constraint invites_token_hash_check check (length(token_hash) = 32),
    sends       integer     not null constraint invites_sends_check check (sends between 1 and 5),
    ttl_hours   integer     not null constraint invites_ttl_hours_check check (ttl_hours between 1 and 720),
    -- Who invited, as audit rows name an actor.
    invited_by  text        not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    accepted_at timestamptz,
    constraint invites_pkey primary key (tenant_id, invite_id),
    constraint invites_tenant_id_token_hash_key unique (tenant_id, token_hash)
);
-- At most one live invitation per address, whoever races.
create unique index invites_tenant_id_email_key on invites (tenant_id, email) where status = 'pending';
create index invites_tenant_id_user_id_index on invites (tenant_id, user_id);
call usher.protect_tenant_table('invites');

-- Links that a later sending replaced: enough to say so to whoever opens one.
create table replaced_links (
    tenant_id  uuid  not null,
    token_hash bytea not null constraint replaced_links_token_hash_check check (length(token_hash) = 32),
    invite_id  uuid  not null,
    constraint replaced_links_pkey primary key (tenant_id, token_hash),
    constraint replaced_links_invite_id_fkey foreign key (tenant_id, invite_id) references invites (tenant_id, invite_id)
);
call usher.protect_tenant_table('replaced_links');
