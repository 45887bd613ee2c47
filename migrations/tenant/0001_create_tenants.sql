-- A tenant is a customer's isolated space. The row belongs to the tenant it describes, hence row-level security here
-- too: a service bound to one tenant sees that tenant's row only.
create table tenants (
    tenant_id  uuid        not null,
    slug       text        not null constraint tenants_slug_check check (slug ~ '^[a-z0-9]([a-z0-9-]{1,38}[a-z0-9])$'),
    name       text        not null constraint tenants_name_check check (length(name) between 1 and 120),
    status     text        not null default 'active' constraint tenants_status_check check (status in ('active', 'suspended')),
    locale     text        not null default 'en' constraint tenants_locale_check check (locale in ('en', 'ru')),
    created_at timestamptz not null default now(),
    constraint tenants_pkey primary key (tenant_id),
    -- Slugs appear in addresses, so they are unique over the platform, not per tenant.
    constraint tenants_slug_key unique (slug)
);
call usher.protect_tenant_table('tenants');
