-- What an invitation carries beside its role, who answers for it, what became of its letter, and how often its link was
-- tried in vain. Rows that stand already were sent as far as anybody knows.
alter table invites
    -- Each `name=value`, by name.
    add column workspace      text[]      not null default '{}'
        constraint invites_workspace_check check (cardinality(workspace) <= 20),
    -- Who sent it again last, as audit rows name an actor; null where that is whoever made it. By their rights the role
    -- is measured again on acceptance.
    add column vouched_by     text,
    add column delivery       text        not null default 'sent'
        constraint invites_delivery_check check (delivery in ('queued', 'sent', 'failed')),
    add column attempts       integer     not null default 0
        constraint invites_attempts_check check (attempts >= 0),
    -- When it was told that its time is over; the row itself expires by its date.
    add column expiry_told_at timestamptz;
alter table invites alter column delivery set default 'queued';
alter table invites drop constraint invites_sends_check;
alter table invites add constraint invites_sends_check check (sends between 1 and 20);
-- Letters are counted by recipient, and invitations found by the beginning of an address.
create index invites_email_index on invites (tenant_id, email text_pattern_ops);
create index invites_expires_at_index on invites (expires_at) where status = 'pending' and expiry_told_at is null;

-- Until when a link that was replaced still works; null for one that does not.
alter table replaced_links add column works_until timestamptz;

-- A tenant's rules for its invitations; without a row the platform's own hold.
create table invite_policies (
    tenant_id          uuid        not null default usher.current_tenant(),
    default_ttl_hours  integer     not null,
    shortest_ttl_hours integer     not null,
    longest_ttl_hours  integer     not null,
    most_sends         integer     not null constraint invite_policies_most_sends_check check (most_sends between 1 and 20),
    recipient_daily    integer     not null
        constraint invite_policies_recipient_daily_check check (recipient_daily between 1 and 100),
    overlap_minutes    integer     not null
        constraint invite_policies_overlap_minutes_check check (overlap_minutes between 0 and 60),
    most_attempts      integer     not null
        constraint invite_policies_most_attempts_check check (most_attempts between 1 and 100),
    address_rule       text        not null
        constraint invite_policies_address_rule_check check (address_rule in ('exact', 'domain', 'any')),
    set_at             timestamptz not null,
    constraint invite_policies_pkey primary key (tenant_id),
    constraint invite_policies_ttl_check check (
        1 <= shortest_ttl_hours and shortest_ttl_hours <= default_ttl_hours
        and default_ttl_hours <= longest_ttl_hours and longest_ttl_hours <= 720)
);
call usher.protect_tenant_table('invite_policies');

-- What happened to an invitation, step by step. Whoever writes here has locked the invitation, so the steps of one are
-- counted without gaps.
create table invite_events (
    tenant_id uuid        not null default usher.current_tenant(),
    invite_id uuid        not null,
    step      integer     not null,
    at        timestamptz not null,
    kind      text        not null constraint invite_events_kind_check check (kind in (
        'created', 'resent', 'sent', 'failed', 'link_taken', 'wrong_password', 'accepted', 'revoked', 'expired')),
    sends     integer     not null,
    actor     text        not null,
    detail    text        not null default '',
    constraint invite_events_pkey primary key (tenant_id, invite_id, step),
    constraint invite_events_invite_id_fkey foreign key (tenant_id, invite_id) references invites (tenant_id, invite_id)
);
call usher.protect_tenant_table('invite_events');
