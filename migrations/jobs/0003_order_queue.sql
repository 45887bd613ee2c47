-- A claim reads the rows it takes and hardly any other, however many wait for their time, are of a workflow that is
-- full, or of a version that no worker here knows.

-- In a row that may be taken now due_at is '-infinity'; one that waits becomes such a row with the first look for work
-- after its time, so no claim passes over rows that are not due.
drop index job_ready_queue_idx;
create index job_ready_queue_idx on job_ready (tenant_id, workflow, version, queued_at, job_id)
    where due_at = '-infinity';
create index job_ready_waiting_idx on job_ready (due_at) where due_at > '-infinity';

-- Since when it could have been taken; queued_at is its place, which a priority shifts.
alter table job_ready add column since timestamptz not null default now();

-- Places of a workflow that are taken, over all tenants.
create index job_leases_workflow_idx on job_leases (workflow);

alter table jobs
    add column priority text not null default 'normal'
        constraint jobs_priority_check check (priority in ('high', 'normal', 'low')),
    add column singleton text
        constraint jobs_singleton_check check (length(singleton) between 1 and 255);

-- At most one unfinished run of a workflow for each singleton key.
create unique index jobs_singleton_key on jobs (tenant_id, workflow, singleton)
    where singleton is not null and ended_at is null;
