-- Runs of more shapes: paused, held, side by side, waiting for a time, a signal or another run, and corrected by hand.

alter table jobs
    -- A paused run takes no further attempt.
    add column paused_at   timestamptz,
    add column paused_by   text,
    -- Why no worker that lives can go on with the run; empty while one can.
    add column held        text
        constraint jobs_held_check check (held in ('workflow_unknown', 'version_unknown', 'step_unknown')),
    -- The run and the step of it that wait for this run's end.
    add column parent_job  uuid,
    add column parent_step smallint;
create index jobs_held_idx on jobs (held, workflow, version) where held is not null;
create index jobs_paused_idx on jobs (tenant_id, id) where paused_at is not null;

alter table job_steps
    drop constraint job_steps_state_check,
    add constraint job_steps_state_check
        check (state in ('pending', 'running', 'waiting', 'done', 'skipped', 'failed', 'undoing', 'undone', 'stuck')),
    -- Steps of the same number, next to each other, run side by side.
    add column side_by_side     smallint,
    -- Counts the times it was begun anew with another input: a part of its idempotency key.
    add column round            integer  not null default 0,
    -- What the step waits for outside, and until when by the workers' clock.
    add column waits_for        text,
    add column waits_until      timestamptz,
    -- The run that it started and waits for.
    add column child_job        uuid,
    add column progress         smallint
        constraint job_steps_progress_check check (progress between 0 and 100),
    add column progress_message text,
    add column progress_at      timestamptz,
    -- What the last attempt wants the next one to know.
    add column checkpoint       jsonb;

-- Steps side by side are ready and taken each for itself.
alter table job_ready
    drop constraint job_ready_pkey,
    add constraint job_ready_pkey primary key (tenant_id, job_id, step),
    -- The due time of a row whose run is paused; due_at is 'infinity' meanwhile.
    add column kept_due_at timestamptz;
alter table job_leases
    drop constraint job_leases_pkey,
    add constraint job_leases_pkey primary key (tenant_id, job_id, step);

-- Facts that a run waits for, or will. A signal that came before its wait is kept.
create table job_signals (
    tenant_id  uuid        not null default usher.current_tenant(),
    job_id     uuid        not null,
    signal_id  text        not null
        constraint job_signals_signal_id_check check (length(signal_id) between 1 and 255),
    name       text        not null,
    payload    jsonb       not null,
    arrived_at timestamptz not null default clock_timestamp(),
    -- The step that took it.
    taken_by   smallint,
    constraint job_signals_pkey primary key (tenant_id, job_id, signal_id),
    constraint job_signals_job_id_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id) on delete cascade
);
call usher.protect_tenant_table('job_signals');
create index job_signals_free_idx on job_signals (tenant_id, job_id, name, arrived_at) where taken_by is null;

-- What people did to a run, in order; the newest input counts. No foreign key: it stands as long as anything is known of
-- the run, wherever its row moves.
create table job_interventions (
    tenant_id uuid        not null default usher.current_tenant(),
    job_id    uuid        not null,
    number    integer     not null,
    verb      text        not null,
    step      text,
    reason    text,
    input     jsonb,
    actor     text        not null,
    -- The run's state before.
    was       text        not null,
    at        timestamptz not null default clock_timestamp(),
    constraint job_interventions_pkey primary key (tenant_id, job_id, number)
);
call usher.protect_tenant_table('job_interventions');

-- Which versions of which workflows the living workers know.
create table job_workers (
    worker   uuid        not null,
    workflow text        not null,
    version  integer     not null,
    seen_at  timestamptz not null default now(),
    constraint job_workers_pkey primary key (worker, workflow, version)
) with (fillfactor = 50);

do $$
begin
    -- A log is added to, never rewritten; who lives is the platform's affair.
    execute format('revoke update, delete on job_interventions from %I, %I', current_schema(), current_schema() || '_platform');
    execute format('revoke all on job_workers from %I', current_schema());
end
$$;
