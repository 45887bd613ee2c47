-- To whom invitations are open. The platform has one rollout, so this table has one row and no tenant. A platform
-- begins open to all; a rollout begins when somebody takes it back to an earlier stage.
create table rollouts (
    only_one       boolean     not null default true constraint rollouts_only_one_check check (only_one),
    stage          text        not null
        constraint rollouts_stage_check check (stage in ('internal', 'pilot', 'limited', 'all')),
    entered_at     timestamptz not null default now(),
    -- Empty where nobody moved it yet.
    entered_by     text        not null default '',
    entered_reason text        not null default '',
    halted_at      timestamptz,
    halted_by      text        not null default '',
    halt_reason    text        not null default '',
    -- Clients taken into the pilot since its stage was entered.
    pilots         integer     not null default 0 constraint rollouts_pilots_check check (pilots between 0 and 5),
    constraint rollouts_only_one_pkey primary key (only_one)
);
insert into rollouts (stage) values ('all');

-- What went wrong on the platform.
create table incidents (
    incident_id uuid        not null,
    severity    text        not null
        constraint incidents_severity_check check (severity in ('minor', 'major', 'critical')),
    title       text        not null constraint incidents_title_check check (length(title) between 1 and 500),
    opened_at   timestamptz not null,
    opened_by   text        not null,
    closed_at   timestamptz,
    closed_by   text        not null default '',
    constraint incidents_incident_id_pkey primary key (incident_id)
);
create index incidents_open_index on incidents (incident_id) where closed_at is null;

-- What was decided about one tenant; a tenant without a row has the hash decide and is not halted.
create table placements (
    tenant_id   uuid        not null default usher.current_tenant(),
    cohort      text
        constraint placements_cohort_check check (cohort in ('internal', 'pilot', 'limited', 'all')),
    halted_at   timestamptz,
    halt_reason text        not null default '',
    constraint placements_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('placements');

-- Work for one tenant reads the rollout and takes a seat in the pilot; only work for the platform moves it. That work
-- tells facts too, in the platform's own name.
do $$
declare
    login text := current_schema();
    platform text := current_schema() || '_platform';
begin
    execute format('revoke insert, update, delete on rollouts, incidents from %I', login);
    execute format('grant update (pilots) on rollouts to %I', login);
    execute format('revoke insert, delete on rollouts from %I', platform);
    execute format('revoke delete on incidents from %I', platform);
    execute format('grant execute on function outbox_emit to %I', platform);
end
$$;
