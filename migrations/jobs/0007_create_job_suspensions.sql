-- Tenants whose runs nobody takes while theirs are held: what is ready waits as it is. The row stays when the runs go on,
-- so that older news of the tenant overrules no newer ones.
create table job_suspensions (
    tenant_id uuid        not null default usher.current_tenant(),
    held      boolean     not null,
    -- Which news of the tenant said so; they count up.
    epoch     bigint      not null,
    since     timestamptz not null default now(),
    constraint job_suspensions_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('job_suspensions');
