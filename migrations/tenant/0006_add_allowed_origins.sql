-- Whose pages may read a tenant's part of the API from a browser; the gateway is told with the tenant itself.
alter table settings
    add column allowed_origins text[] not null default '{}'
        constraint settings_allowed_origins_check check (cardinality(allowed_origins) <= 20);

create or replace view tenant_records with (security_invoker = true) as
    select t.tenant_id, t.slug, t.name, t.status, t.locale, t.created_at, t.status_reason, t.status_by, t.status_since,
        t.trial_ends_at, t.closes_at, t.closed_from, t.epoch, t.plan,
        (select coalesce(jsonb_object_agg(l.resource, l.most), '{}') from effective_limits l
         where l.tenant_id = t.tenant_id and l.most is not null) as limits,
        coalesce((select s.allowed_origins from settings s where s.tenant_id = t.tenant_id), '{}') as allowed_origins
    from tenants t;
