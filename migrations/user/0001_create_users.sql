-- A person. One person has one address and may belong to many tenants, so this table belongs to no tenant: no
-- tenant_id and no row-level security. What a person is in a tenant stands in memberships and role_bindings.
create table users (
    user_id      uuid        not null,
    -- Canonical: the one spelling that kernel::Email gives an address.
    email        text        not null constraint users_email_check check (email = lower(email)),
    name         text        not null constraint users_name_check check (length(name) between 1 and 120),
    -- `invited` until a password stands: the id is known from the first invitation on.
    status       text        not null constraint users_status_check check (status in ('invited', 'active', 'disabled')),
    created_at   timestamptz not null,
    activated_at timestamptz,
    constraint users_pkey primary key (user_id),
    constraint users_email_key unique (email)
);
