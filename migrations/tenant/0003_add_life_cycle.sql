-- The life of a tenant: on trial, active, suspended, closing for a time of grace, closed for good.
alter table tenants drop constraint tenants_status_check;
alter table tenants
    add constraint tenants_status_check
        check (status in ('trial', 'active', 'suspended', 'closing', 'closed')),
    -- Why it came to its status, who brought it there (as audit rows name an actor), and when.
    add column status_reason text        not null default ''
        constraint tenants_status_reason_check check (length(status_reason) <= 500),
    add column status_by     text        not null default '',
    add column status_since  timestamptz not null default now(),
    -- Until when it is on trial; stays while it is suspended.
    add column trial_ends_at timestamptz,
    -- Until when a closing tenant can be restored, and what to.
    add column closes_at     timestamptz,
    add column closed_from   text
        constraint tenants_closed_from_check check (closed_from in ('trial', 'active', 'suspended')),
    -- Grows with every change of what a resolution says.
    add column epoch         bigint      not null default 1,
    add constraint tenants_trial_check check (status <> 'trial' or trial_ends_at is not null),
    add constraint tenants_closing_check
        check ((status in ('closing', 'closed')) = (closes_at is not null and closed_from is not null));

-- Those that have reached the end of a term.
create index tenants_trial_ends_at_index on tenants (trial_ends_at) where status = 'trial';
create index tenants_closes_at_index on tenants (closes_at) where status = 'closing';

-- Those who came before: for this one statement the owner sees all rows.
alter table tenants no force row level security;
update tenants set status_since = created_at;
alter table tenants force row level security;
