-- What every service schema builds on: the current tenant, and the one wording of tenant isolation.
create schema if not exists usher;

-- The tenant of this transaction, or null. After any SET LOCAL an unset value reads as '', hence nullif.
create or replace function usher.current_tenant() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('usher.tenant_id', true), '')::uuid $$;

-- Called by the migration that creates a tenant table, right after it: enables and forces row-level security.
-- The service's role sees the current tenant's rows only; its platform role, taken on with a reason, sees all.
create or replace procedure usher.protect_tenant_table(target regclass)
    language plpgsql
    as $$
declare
    home text := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target);
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant_isolation on %s to %I
             using (tenant_id = usher.current_tenant()) with check (tenant_id = usher.current_tenant())',
        target, home);
    execute format(
        'create policy platform_access on %s to %I using (true) with check (true)',
        target, home || '_platform');
end
$$;

grant usage on schema usher to public;
