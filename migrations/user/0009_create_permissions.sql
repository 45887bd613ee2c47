-- The catalogue: every permission that some service of some running build asks for. Permissions are what the contract
-- says, not what a tenant does, so this table belongs to no tenant: no tenant_id and no row-level security.
create table permissions (
    -- `service.resource.verb`
    permission  text        not null constraint permissions_permission_check
        check (permission ~ '^[a-z_]+\.[a-z_]+\.[a-z_]+$'),
    declared_at timestamptz not null,
    constraint permissions_pkey primary key (permission)
);
