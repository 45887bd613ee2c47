-- Who belongs to a tenant. The platform is the tenant of id nil here: its staff are its members.
create table memberships (
    tenant_id uuid        not null,
    user_id   uuid        not null constraint memberships_user_id_fkey references users (user_id),
    status    text        not null constraint memberships_status_check check (status in ('active', 'disabled')),
    joined_at timestamptz not null,
    constraint memberships_pkey primary key (tenant_id, user_id)
);
-- Lists are in the order of joining.
create index memberships_tenant_id_joined_at_index on memberships (tenant_id, joined_at, user_id);
call usher.protect_tenant_table('memberships');

-- Which roles a member has; what a role allows is known to the code.
create table role_bindings (
    tenant_id uuid        not null,
    user_id   uuid        not null,
    role      text        not null constraint role_bindings_role_check
        check (role in ('super_admin', 'owner', 'admin', 'operator', 'client', 'user')),
    bound_at  timestamptz not null,
    -- Who bound it, as audit rows name an actor.
    bound_by  text        not null,
    constraint role_bindings_pkey primary key (tenant_id, user_id, role),
    constraint role_bindings_user_id_fkey foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);
call usher.protect_tenant_table('role_bindings');

-- Counts the changes of rights in a tenant, so that whoever remembers rights can tell that they are old.
create table permission_epochs (
    tenant_id uuid   not null,
    epoch     bigint not null,
    constraint permission_epochs_pkey primary key (tenant_id)
) with (fillfactor = 50);
call usher.protect_tenant_table('permission_epochs');
