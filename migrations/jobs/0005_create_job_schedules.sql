-- Runs that begin again and again. The worker that meets next_at begins the run and moves next_at in one transaction.
create table job_schedules (
    tenant_id     uuid        not null default usher.current_tenant(),
    name          text        not null
        constraint job_schedules_name_check check (length(name) between 1 and 100),
    workflow      text        not null,
    version       integer     not null,
    input         jsonb       not null,
    -- Five fields, in the zone (IANA). Days begin at day_border minutes after midnight.
    cron          text        not null,
    zone          text        not null,
    day_border    smallint    not null default 0
        constraint job_schedules_day_border_check check (day_border between 0 and 1439),
    -- How many missed times are made up for: none, the last, or the last so many.
    missed        text        not null default 'skip'
        constraint job_schedules_missed_check check (missed in ('skip', 'once', 'all')),
    missed_most   smallint    not null default 1
        constraint job_schedules_missed_most_check check (missed_most between 1 and 100),
    -- Whether a time is left out while the run of an earlier one has not ended.
    overlap       text        not null default 'skip'
        constraint job_schedules_overlap_check check (overlap in ('skip', 'allow')),
    priority      text        not null default 'normal'
        constraint job_schedules_priority_check check (priority in ('high', 'normal', 'low')),
    state         text        not null default 'enabled'
        constraint job_schedules_state_check check (state in ('enabled', 'disabled')),
    -- By the workers' clock; none where the plan has no further time.
    next_at       timestamptz,
    last_at       timestamptz,
    last_job_id   uuid,
    constraint job_schedules_pkey primary key (tenant_id, name)
);
call usher.protect_tenant_table('job_schedules');
create index job_schedules_next_idx on job_schedules (next_at) where state = 'enabled' and next_at is not null;
