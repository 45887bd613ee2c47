-- What may still be asked of a remote host: a bucket of permits that fills at a steady rate, shared by all workers of the
-- service. A worker takes several permits at a time, so the row is written less often than the host is called.
create table job_hosts (
    host      text             not null,
    permits   double precision not null,
    filled_at timestamptz      not null,
    constraint job_hosts_pkey primary key (host)
) with (fillfactor = 20);

do $$
begin
    -- A host is asked on behalf of all tenants.
    execute format('revoke all on job_hosts from %I', current_schema());
end
$$;
