-- What tenants may have. A plan is never changed, so that nobody's changes without a word: another plan is made, and
-- tenants are moved to it.
create table plans (
    plan       text        not null constraint plans_plan_check check (plan ~ '^[a-z][a-z0-9-]{1,38}$'),
    title      text        not null constraint plans_title_check check (length(title) between 1 and 120),
    created_at timestamptz not null default now(),
    created_by text        not null,
    -- From then on no tenant comes to it.
    retired_at timestamptz,
    constraint plans_pkey primary key (plan)
);

-- What a plan allows; a resource without a row in any number.
create table plan_limits (
    plan     text   not null,
    resource text   not null constraint plan_limits_resource_check check (resource in (
        'users', 'invites_daily', 'requests_per_second', 'storage_bytes', 'courses', 'backups_monthly')),
    most     bigint not null constraint plan_limits_most_check check (most > 0),
    constraint plan_limits_pkey primary key (plan, resource),
    constraint plan_limits_plan_fkey foreign key (plan) references plans (plan)
);

insert into plans (plan, title, created_by) values
    ('open', 'Without limits', 'migration'),
    ('starter', 'Starter', 'migration'),
    ('team', 'Team', 'migration'),
    ('business', 'Business', 'migration');
insert into plan_limits (plan, resource, most) values
    ('starter', 'users', 10), ('starter', 'invites_daily', 50), ('starter', 'requests_per_second', 20),
    ('starter', 'storage_bytes', 1073741824), ('starter', 'courses', 5), ('starter', 'backups_monthly', 4),
    ('team', 'users', 100), ('team', 'invites_daily', 500), ('team', 'requests_per_second', 100),
    ('team', 'storage_bytes', 53687091200), ('team', 'courses', 100), ('team', 'backups_monthly', 31),
    ('business', 'users', 5000), ('business', 'invites_daily', 10000), ('business', 'requests_per_second', 500),
    ('business', 'storage_bytes', 1099511627776), ('business', 'courses', 5000), ('business', 'backups_monthly', 310);

do $$
begin
    -- The catalogue is the platform's affair, and a plan only retires.
    execute format('revoke insert, update, delete on plans, plan_limits from %I', current_schema());
    execute format('revoke update, delete on plan_limits from %I', current_schema() || '_platform');
    execute format('revoke delete on plans from %I', current_schema() || '_platform');
end
$$;

alter table tenants
    add column plan text not null default 'open',
    add constraint tenants_plan_fkey foreign key (plan) references plans (plan);

-- Where one tenant has more or less than its plan says; without a number in any.
create table limit_overrides (
    tenant_id uuid        not null default usher.current_tenant(),
    resource  text        not null constraint limit_overrides_resource_check check (resource in (
        'users', 'invites_daily', 'requests_per_second', 'storage_bytes', 'courses', 'backups_monthly')),
    most      bigint      constraint limit_overrides_most_check check (most > 0),
    reason    text        not null constraint limit_overrides_reason_check check (length(reason) between 1 and 500),
    set_at    timestamptz not null,
    set_by    text        not null,
    constraint limit_overrides_pkey primary key (tenant_id, resource),
    constraint limit_overrides_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id)
);
call usher.protect_tenant_table('limit_overrides');

-- What holds: the override where there is one, else the plan.
create view effective_limits with (security_invoker = true) as
    select t.tenant_id, r.resource, case when o.resource is null then l.most else o.most end as most,
        o.resource is not null as overridden
    from tenants t
    cross join unnest(array['users', 'invites_daily', 'requests_per_second', 'storage_bytes', 'courses',
        'backups_monthly']) r (resource)
    left join plan_limits l on l.plan = t.plan and l.resource = r.resource
    left join limit_overrides o on o.tenant_id = t.tenant_id and o.resource = r.resource;

-- A tenant with what it may have, as it is shown and resolved.
create view tenant_records with (security_invoker = true) as
    select t.tenant_id, t.slug, t.name, t.status, t.locale, t.created_at, t.status_reason, t.status_by, t.status_since,
        t.trial_ends_at, t.closes_at, t.closed_from, t.epoch, t.plan,
        (select coalesce(jsonb_object_agg(l.resource, l.most), '{}') from effective_limits l
         where l.tenant_id = t.tenant_id and l.most is not null) as limits
    from tenants t;

-- What is used of what is counted here: by day (2026-02-28), by month (2026-02), or for good (always).
create table usage (
    tenant_id uuid     not null default usher.current_tenant(),
    resource  text     not null constraint usage_resource_check check (resource in (
        'invites_daily', 'storage_bytes', 'courses', 'backups_monthly')),
    period    text     not null,
    used      bigint   not null default 0 constraint usage_used_check check (used >= 0),
    -- The mark, in percent of the limit, that was told last.
    told      smallint not null default 0 constraint usage_told_check check (told in (0, 80, 100)),
    constraint usage_pkey primary key (tenant_id, resource, period),
    constraint usage_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id)
);
call usher.protect_tenant_table('usage');

-- What was taken, each under a key of the taker's, so that nothing is taken or given back twice.
create table quota_takes (
    tenant_id uuid        not null default usher.current_tenant(),
    resource  text        not null,
    key       text        not null constraint quota_takes_key_check check (length(key) between 1 and 255),
    period    text        not null,
    amount    bigint      not null constraint quota_takes_amount_check check (amount > 0),
    taken_at  timestamptz not null,
    taken_by  text        not null,
    -- A take that was given back stays, so that a late repeat takes nothing.
    given_at  timestamptz,
    constraint quota_takes_pkey primary key (tenant_id, resource, key),
    constraint quota_takes_usage_fkey foreign key (tenant_id, resource, period)
        references usage (tenant_id, resource, period)
);
call usher.protect_tenant_table('quota_takes');
