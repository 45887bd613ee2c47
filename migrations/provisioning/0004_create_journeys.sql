-- What became of a client and when, for counting: the funnel and the rollout's gate read this table and no other.
-- Each instant is written once, in the transaction that made it true, and never moves; the indexes hold none of them,
-- so a change stays on its page.
create table journeys (
    tenant_id       uuid        not null default usher.current_tenant(),
    client_id       uuid        not null,
    -- Of the rollout; given when the onboarding begins, for good.
    cohort          text        not null
        constraint journeys_cohort_check check (cohort in ('internal', 'pilot', 'limited', 'all')),
    began_at        timestamptz not null,
    invited_at      timestamptz,
    accepted_at     timestamptz,
    active_at       timestamptz,
    -- The first time that provisioning failed for good; it stays where somebody mends it.
    failed_at       timestamptz,
    -- The first update of the client's data that the backend took.
    first_update_at timestamptz,
    -- How often a person had to help: audited retries, skipped steps, tokens given anew.
    helps           integer     not null default 0,
    constraint journeys_pkey primary key (tenant_id, client_id),
    constraint journeys_client_id_fkey foreign key (tenant_id, client_id)
        references clients (tenant_id, client_id) on delete cascade
) with (fillfactor = 70);
call usher.protect_tenant_table('journeys');

create index journeys_tenant_id_began_at_index on journeys (tenant_id, began_at);
create index journeys_cohort_began_at_index on journeys (cohort, began_at);

-- For counting the invitations whose time is over without reading the clients.
create index clients_invite_expires_at_index on clients (tenant_id, invite_expires_at) where stage = 'invited';
