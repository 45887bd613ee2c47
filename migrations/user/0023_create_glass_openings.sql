-- Openings of what the tenant's people wrote to a member of the platform's staff: with a reason, for hours at most, seen by
-- the tenant.
create table glass_openings (
    tenant_id  uuid        not null default usher.current_tenant(),
    opening_id uuid        not null,
    user_id    uuid        not null constraint glass_openings_user_id_fkey references users (user_id),
    reason     text        not null
        constraint glass_openings_reason_check check (length(reason) between 10 and 500),
    opened_at  timestamptz not null,
    expires_at timestamptz not null,
    closed_at  timestamptz,
    closed_by  text,
    constraint glass_openings_pkey primary key (tenant_id, opening_id),
    constraint glass_openings_life_check
        check (expires_at > opened_at and expires_at <= opened_at + interval '8 hours'),
    constraint glass_openings_closed_check check ((closed_at is null) = (closed_by is null))
);
create index glass_openings_user_id_index on glass_openings (tenant_id, user_id, expires_at) where closed_at is null;
call usher.protect_tenant_table('glass_openings');
