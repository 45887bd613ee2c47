-- What a tenant asks of its members' sign-in, copied from the tenant service by its facts. A tenant that has set nothing
-- has no row.
create table sign_in_rules (
    tenant_id           uuid    not null default usher.current_tenant(),
    -- Of two settings that were told the one of the higher version is the later.
    version             bigint  not null,
    second_factor       boolean not null,
    password_min_length integer not null
        constraint sign_in_rules_password_min_length_check check (password_min_length > 0),
    idle_minutes        integer not null constraint sign_in_rules_idle_minutes_check check (idle_minutes > 0),
    absolute_minutes    integer not null constraint sign_in_rules_absolute_minutes_check check (absolute_minutes > 0),
    constraint sign_in_rules_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('sign_in_rules');

-- Who has entered a tenant that asks for longer passwords than the platform: people choose their password once for all
-- tenants, so it is held to the strictest of those.
create table sign_in_visits (
    tenant_id  uuid        not null default usher.current_tenant(),
    user_id    uuid        not null,
    visited_at timestamptz not null,
    constraint sign_in_visits_pkey primary key (tenant_id, user_id)
);
call usher.protect_tenant_table('sign_in_visits');
