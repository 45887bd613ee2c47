-- Tenants whose runs nobody takes: what is ready waits as it is until the row is gone.
create table job_suspensions (
    tenant_id uuid        not null default usher.current_tenant(),
    since     timestamptz not null default now(),
    constraint job_suspensions_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('job_suspensions');
