-- Durable work. One row per run; what the run still needs stands in job_ready (free to take) or job_leases
-- (taken), never in both: the two narrow tables stay small however many runs have ended.

-- A run of a workflow. The input never changes; the row is written at start, at the first attempt, and at the end.
create table jobs (
    tenant_id     uuid        not null default usher.current_tenant(),
    id            uuid        not null,
    workflow      text        not null,
    version       integer     not null,
    key           text        not null constraint jobs_key_check check (length(key) between 1 and 255),
    input         jsonb       not null,
    state         text        not null default 'queued'
        constraint jobs_state_check
        check (state in ('queued', 'running', 'waiting', 'done', 'failed', 'stuck', 'cancelled')),
    -- Why the run turned back: step, class, reason, words for the user, words for the operator.
    failure       jsonb,
    cancelled_by  text,
    traceparent   text,
    request_id    text        not null,
    started_by    text        not null,
    created_at    timestamptz not null default now(),
    ended_at      timestamptz,
    constraint jobs_pkey primary key (tenant_id, id),
    constraint jobs_workflow_key_key unique (tenant_id, workflow, key)
) with (fillfactor = 80);
call usher.protect_tenant_table('jobs');

-- What an operator asks for by state; the ordinary ends are found through the primary key.
create index jobs_trouble_idx on jobs (tenant_id, state, id) where state in ('failed', 'stuck');
create index jobs_cancelling_idx on jobs (tenant_id, id) where cancelled_by is not null and ended_at is null;

-- The plan of a run and how far it got: written when the first worker takes the run, so that a later build with
-- other steps or policies does not change a run under way.
create table job_steps (
    tenant_id       uuid     not null default usher.current_tenant(),
    job_id          uuid     not null,
    number          smallint not null,
    name            text     not null,
    policy          jsonb    not null,
    state           text     not null default 'pending'
        constraint job_steps_state_check
        check (state in ('pending', 'running', 'waiting', 'done', 'failed', 'undoing', 'undone', 'stuck')),
    -- 'unknown' from the first attempt that may have acted outside until an undo took it back.
    effect          text     not null default 'none'
        constraint job_steps_effect_check check (effect in ('none', 'unknown')),
    attempts        integer  not null default 0,
    undo_attempts   integer  not null default 0,
    next_attempt_at timestamptz,
    started_at      timestamptz,
    ended_at        timestamptz,
    output          jsonb,
    reason          text,
    user_message    text,
    operator_detail text,
    constraint job_steps_pkey primary key (tenant_id, job_id, number),
    constraint job_steps_name_key unique (tenant_id, job_id, name),
    constraint job_steps_job_id_fkey foreign key (tenant_id, job_id) references jobs (tenant_id, id) on delete cascade
) with (fillfactor = 70);
call usher.protect_tenant_table('job_steps');

-- Runs that a worker may take. Deleted on claim. No foreign key: its check would touch the run's row at every step.
create table job_ready (
    tenant_id uuid        not null default usher.current_tenant(),
    job_id    uuid        not null,
    workflow  text        not null,
    version   integer     not null,
    going     text        not null constraint job_ready_going_check check (going in ('forward', 'back')),
    step      smallint    not null,
    -- By the workers' clock; '-infinity' is at once, whatever that clock says.
    due_at    timestamptz not null default '-infinity',
    -- The place in the tenant's queue: an older run is finished before a younger one begins.
    queued_at timestamptz not null default now(),
    constraint job_ready_pkey primary key (tenant_id, job_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
call usher.protect_tenant_table('job_ready');

create index job_ready_queue_idx on job_ready (tenant_id, queued_at, job_id) include (due_at);

-- Every claim takes a higher number; every write of an attempt names its number, so that a worker that was
-- stopped, slow or cut off changes nothing after another took over.
create sequence job_tokens;

-- Runs that a worker has taken, until expires_at by the database's clock.
create table job_leases (
    tenant_id  uuid        not null default usher.current_tenant(),
    job_id     uuid        not null,
    token      bigint      not null default nextval('job_tokens'),
    worker     uuid        not null,
    workflow   text        not null,
    version    integer     not null,
    going      text        not null constraint job_leases_going_check check (going in ('forward', 'back')),
    step       smallint    not null,
    queued_at  timestamptz not null,
    expires_at timestamptz not null,
    constraint job_leases_pkey primary key (tenant_id, job_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
call usher.protect_tenant_table('job_leases');
