-- What has ended moves out of the way: jobs and job_steps hold what is unfinished or ended a short while ago, so the
-- indexes that starts and claims touch stay small however many runs have ended. The history is partitioned by the month
-- in which runs ended, and goes away month by month.

-- Who began under which key. The key is unique here and not in jobs, so it stays taken while its run moves, and for as
-- long as the history is kept. Moved runs have ended_at.
create table job_keys (
    tenant_id uuid not null default usher.current_tenant(),
    workflow  text not null,
    key       text not null,
    job_id    uuid not null,
    ended_at  timestamptz,
    constraint job_keys_pkey primary key (tenant_id, workflow, key)
) with (fillfactor = 90);

alter table jobs no force row level security;
insert into job_keys (tenant_id, workflow, key, job_id) select tenant_id, workflow, key, id from jobs;
alter table jobs force row level security;
call usher.protect_tenant_table('job_keys');
create index job_keys_ended_idx on job_keys (ended_at) where ended_at is not null;
alter table jobs drop constraint jobs_workflow_key_key;

-- What may move, in the order of its end; stuck runs stay for a person.
create index jobs_ended_idx on jobs (ended_at) where ended_at is not null and state <> 'stuck';

-- Rows come and go all the time.
alter table jobs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table job_steps set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Rows move as they are, so the columns are those of jobs, job_steps and job_signals, in their order. Whoever adds a column there
-- adds it here.
create table job_history (
    like jobs,
    constraint job_history_pkey primary key (tenant_id, id, ended_at)
) partition by range (ended_at);
create index job_history_state_idx on job_history (tenant_id, state, id);
call usher.protect_tenant_table('job_history');

create table job_step_history (
    like job_steps,
    run_ended_at timestamptz not null,
    constraint job_step_history_pkey primary key (tenant_id, job_id, number, run_ended_at)
) partition by range (run_ended_at);
call usher.protect_tenant_table('job_step_history');

create table job_signal_history (
    like job_signals,
    run_ended_at timestamptz not null,
    constraint job_signal_history_pkey primary key (tenant_id, job_id, signal_id, run_ended_at)
) partition by range (run_ended_at);
call usher.protect_tenant_table('job_signal_history');

-- Rows of months for which no partition stands; empty as long as job_prepare_partitions is called in time.
create table job_history_default partition of job_history default;
call usher.protect_tenant_table('job_history_default');
create table job_step_history_default partition of job_step_history default;
call usher.protect_tenant_table('job_step_history_default');
create table job_signal_history_default partition of job_signal_history default;
call usher.protect_tenant_table('job_signal_history_default');

-- Makes the partitions from this month to `ahead` months from now. They are attached, not created in place: readers
-- and movers go on meanwhile. A month whose rows already went to the default partition is left there.
create function job_prepare_partitions(ahead integer) returns integer
    language plpgsql security definer
    as $$
declare
    home  text := current_schema();
    first date := date_trunc('month', now() at time zone 'UTC')::date;
    month date;
    stem  text;
    part  text;
    made  integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended(home || '.job_prepare_partitions', 0));
    for month in select generate_series(first, first + make_interval(months => least(ahead, 12)), '1 month')::date loop
        foreach stem in array array['job_history', 'job_step_history', 'job_signal_history'] loop
            part := format('%s_p%s', stem, to_char(month, 'YYYYMM'));
            continue when to_regclass(format('%I.%I', home, part)) is not null;
            begin
                execute format('create table %I (like %I including defaults including constraints)', part, stem);
                call usher.protect_tenant_table(part::regclass);
                execute format('revoke all on %I from %I, %I', part, home, home || '_platform');
                execute format('alter table %I attach partition %I for values from (%L) to (%L)', stem, part,
                               month::timestamp at time zone 'UTC',
                               (month + interval '1 month') at time zone 'UTC');
                made := made + 1;
            exception when check_violation then
                null;
            end;
        end loop;
    end loop;
    return made;
end
$$;

-- Drops the months that ended `keep` ago or earlier, once none of their keys is known any more. What is as old in the
-- default partitions goes too, and what people did to runs of which nothing else is known. Answers how many partitions were dropped.
create function job_drop_partitions(keep interval) returns integer
    language plpgsql security definer
    as $$
declare
    edge    timestamptz := now() - greatest(keep, interval '1 hour');
    part    record;
    dropped integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended(current_schema() || '.job_prepare_partitions', 0));
    for part in
        select c.oid::regclass as id,
               (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month') at time zone 'UTC' as until
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('job_history'::regclass, 'job_step_history'::regclass, 'job_signal_history'::regclass)
          and c.relname ~ '_p\d{6}$'
        order by c.relname
    loop
        continue when part.until > edge
            or exists (select from job_keys where ended_at is not null and ended_at < part.until);
        execute format('drop table %s', part.id);
        dropped := dropped + 1;
    end loop;
    delete from job_signal_history_default where run_ended_at < edge;
    delete from job_step_history_default where run_ended_at < edge;
    delete from job_history_default where ended_at < edge;
    delete from job_interventions i
    where i.at < edge
      and not exists (select from jobs j where j.tenant_id = i.tenant_id and j.id = i.job_id)
      and not exists (select from job_history j where j.tenant_id = i.tenant_id and j.id = i.job_id);
    return dropped;
end
$$;

do $$
declare
    home text := current_schema();
    name text;
begin
    foreach name in array array['job_prepare_partitions', 'job_drop_partitions'] loop
        execute format('alter function %I set search_path = %I, pg_temp', name, home);
        execute format('revoke execute on function %I from public', name);
        execute format('grant execute on function %I to %I', name, home || '_platform');
    end loop;
    foreach name in array array['job_history_default', 'job_step_history_default', 'job_signal_history_default'] loop
        execute format('revoke all on %I from %I, %I', name, home, home || '_platform');
    end loop;
    -- The functions run as the owner, whom row-level security binds too unless it is a superuser: blind, it would
    -- take every key for forgotten, and every run for gone.
    foreach name in array array['job_keys', 'jobs', 'job_history', 'job_interventions', 'job_history_default',
                                'job_step_history_default', 'job_signal_history_default'] loop
        execute format('create policy housekeeping on %I for select to current_user using (true)', name);
        continue when name in ('jobs', 'job_history');
        execute format('create policy housekeeping_end on %I for delete to current_user using (true)', name);
    end loop;
    perform job_prepare_partitions(3);
end
$$;
