-- Software of the tenant that acts for itself. What it proves itself by is kept elsewhere.
create table service_accounts (
    tenant_id          uuid        not null default usher.current_tenant(),
    service_account_id uuid        not null,
    name               text        not null constraint service_accounts_name_check check (length(name) between 1 and 120),
    status             text        not null constraint service_accounts_status_check check (status in ('active', 'disabled')),
    created_at         timestamptz not null,
    -- Who made it, as audit rows name an actor.
    created_by         text        not null,
    changed_at         timestamptz not null,
    constraint service_accounts_pkey primary key (tenant_id, service_account_id)
);
call usher.protect_tenant_table('service_accounts');

-- A role is held by a person, by a group, which gives it to its active members, or by a service account.
alter table role_grants
    alter column user_id drop not null,
    add column group_id uuid,
    add column service_account_id uuid;
alter table role_grants
    add constraint role_grants_subject_check check (num_nonnulls(user_id, group_id, service_account_id) = 1),
    add constraint role_grants_group_id_key unique (tenant_id, group_id, role, scope_type, scope_id),
    add constraint role_grants_service_account_id_key unique (tenant_id, service_account_id, role, scope_type, scope_id),
    add constraint role_grants_group_id_fkey foreign key (tenant_id, group_id) references groups (tenant_id, group_id),
    add constraint role_grants_service_account_id_fkey foreign key (tenant_id, service_account_id)
        references service_accounts (tenant_id, service_account_id);
-- What a person holds in the whole tenant without an end is a row of role_bindings; others have no such rows.
alter table role_grants drop constraint role_grants_expires_at_check;
alter table role_grants add constraint role_grants_expires_at_check
    check (user_id is null or scope_type <> 'tenant' or expires_at is not null);
