-- A client may be provisioned more than once, may wait for its token, and keeps the history of its tokens.

alter table clients
    -- The run of provisioning that counts; an older one changes nothing any more.
    add column run          integer not null default 1 constraint clients_run_check check (run >= 1),
    -- Whom the backend is told as the owner; null is the client's own person.
    add column owner_email  text    constraint clients_owner_email_check check (length(owner_email) between 3 and 254),
    -- When the invitation was accepted: from here the time to active counts.
    add column confirmed_at timestamptz,
    -- Null before a token is given and after the client was revoked.
    alter column wb_token drop not null,
    alter column wb_token_hint drop not null,
    add constraint clients_wb_token_hint_check check ((wb_token is null) = (wb_token_hint is null));

create index clients_confirmed_at_idx on clients (confirmed_at)
    where stage in ('email_confirmed', 'workspace_registered', 'token_added', 'validated');
create index clients_invite_expires_at_idx on clients (invite_expires_at) where stage = 'invited';

-- Every marketplace token that a client has had, without the token.
create table wb_tokens (
    tenant_id   uuid        not null default usher.current_tenant(),
    client_id   uuid        not null,
    number      integer     not null,
    hint        text        not null,
    seller      text        not null,
    -- What the token opens: words of the closed set in domain/wb_scope.rs.
    scopes      text[]      not null,
    expires_at  timestamptz not null,
    -- Why it was given; empty where nobody said.
    reason      text        not null constraint wb_tokens_reason_check check (length(reason) <= 300),
    added_by    text        not null,
    added_at    timestamptz not null,
    -- Since when another stands in its place, or none.
    replaced_at timestamptz,
    -- The nearest threshold that was told of, in days before the expiry; 0 is the expiry itself.
    warned_days smallint    constraint wb_tokens_warned_days_check check (warned_days in (0, 1, 7, 14)),
    constraint wb_tokens_pkey primary key (tenant_id, client_id, number),
    constraint wb_tokens_client_id_fkey foreign key (tenant_id, client_id) references clients (tenant_id, client_id)
);
call usher.protect_tenant_table('wb_tokens');

create unique index wb_tokens_standing_key on wb_tokens (tenant_id, client_id) where replaced_at is null;
create index wb_tokens_expires_at_idx on wb_tokens (expires_at)
    where replaced_at is null and warned_days is distinct from 0;
