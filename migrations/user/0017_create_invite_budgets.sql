-- How many invitations a tenant has made, and how many of them somebody accepted: what it may send in a day follows from
-- that. One row a tenant; each invitation counts here just before it is kept.
create table invite_budgets (
    tenant_id uuid        not null default usher.current_tenant(),
    -- When the tenant invited for the first time.
    first_at  timestamptz not null,
    -- The day (UTC) that `today` counts.
    day       date        not null,
    today     integer     not null,
    -- Before that day.
    sent      bigint      not null default 0,
    accepted  bigint      not null default 0,
    constraint invite_budgets_pkey primary key (tenant_id)
) with (fillfactor = 50);
call usher.protect_tenant_table('invite_budgets');

-- Those who came before: for this one statement the owner sees all rows.
alter table invites no force row level security;
alter table invite_budgets no force row level security;
insert into invite_budgets (tenant_id, first_at, day, today, sent, accepted)
select tenant_id, min(created_at), 'epoch', 0, count(*), count(*) filter (where status = 'accepted')
from invites group by tenant_id;
alter table invites force row level security;
alter table invite_budgets force row level security;
