-- A role that a tenant made for itself. Its name never changes, so bindings may say it.
create table custom_roles (
    tenant_id   uuid        not null,
    role        text        not null constraint custom_roles_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$'),
    title       text        not null constraint custom_roles_title_check check (length(title) between 1 and 120),
    permissions text[]      not null constraint custom_roles_permissions_check
        check (cardinality(permissions) between 1 and 500),
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint custom_roles_pkey primary key (tenant_id, role)
);
call usher.protect_tenant_table('custom_roles');

-- What a member holds in the whole tenant until it is taken away. Roles may be the tenant's own now, and a binding is
-- called by an id.
alter table role_bindings drop constraint role_bindings_role_check;
alter table role_bindings add constraint role_bindings_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$');
alter table role_bindings add column binding_id uuid not null default gen_random_uuid();
alter table role_bindings add constraint role_bindings_binding_id_key unique (tenant_id, binding_id);
-- Whether a role is bound to anybody.
create index role_bindings_role_index on role_bindings (tenant_id, role);

-- Invitations give any role that is built in.
alter table invites drop constraint if exists invites_role_check;
alter table invites add constraint invites_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$');

-- What a member holds in a part of the tenant, or for a time. Ends with the membership.
create table role_grants (
    tenant_id  uuid        not null,
    binding_id uuid        not null,
    user_id    uuid        not null,
    role       text        not null constraint role_grants_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$'),
    scope_type text        not null constraint role_grants_scope_type_check
        check (scope_type in ('tenant', 'community', 'team', 'resource')),
    -- Which community, team or resource; empty for the tenant.
    scope_id   text        not null constraint role_grants_scope_id_check
        check (length(scope_id) <= 200 and (scope_id = '') = (scope_type = 'tenant')),
    expires_at timestamptz,
    bound_at   timestamptz not null,
    -- Who bound it, as audit rows name an actor.
    bound_by   text        not null,
    constraint role_grants_pkey primary key (tenant_id, binding_id),
    constraint role_grants_user_id_key unique (tenant_id, user_id, role, scope_type, scope_id),
    constraint role_grants_user_id_fkey foreign key (tenant_id, user_id)
        references memberships (tenant_id, user_id) on delete cascade,
    -- Without a scope and an end it is a row of role_bindings.
    constraint role_grants_expires_at_check check (scope_type <> 'tenant' or expires_at is not null)
);
create index role_grants_role_index on role_grants (tenant_id, role);
call usher.protect_tenant_table('role_grants');

-- What a person may do, or may not, whatever their roles say. Outlives the membership, so that leaving and coming back
-- sheds no denial.
create table policy_overrides (
    tenant_id   uuid        not null,
    override_id uuid        not null,
    user_id     uuid        not null,
    effect      text        not null constraint policy_overrides_effect_check check (effect in ('allow', 'deny')),
    -- Null denies everything; whoever is allowed something is allowed a named thing.
    permission  text        constraint policy_overrides_permission_check check (effect = 'deny' or permission is not null),
    reason      text        not null constraint policy_overrides_reason_check check (length(reason) between 1 and 500),
    expires_at  timestamptz,
    made_at     timestamptz not null,
    -- Who made it, as audit rows name an actor.
    made_by     text        not null,
    constraint policy_overrides_pkey primary key (tenant_id, override_id),
    constraint policy_overrides_user_id_key unique nulls not distinct (tenant_id, user_id, effect, permission),
    constraint policy_overrides_user_id_fkey foreign key (tenant_id, user_id) references accounts (tenant_id, user_id)
);
call usher.protect_tenant_table('policy_overrides');
