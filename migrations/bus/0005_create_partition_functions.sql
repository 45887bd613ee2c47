-- Partitions come and go through two functions that run as the owner, so no service role needs any DDL right.

-- The lowest UUIDv7 of an instant.
create function bus_uuid_of(instant timestamptz) returns uuid
    language sql immutable parallel safe
    as $$ select rpad(lpad(to_hex((extract(epoch from instant) * 1000)::bigint), 12, '0'), 32, '0')::uuid $$;

-- Makes the daily partitions from today to `ahead` days from now. They are attached, not created in place:
-- writers go on meanwhile. A day whose rows already went to the default partition is left there.
create function bus_prepare_partitions(ahead integer) returns integer
    language plpgsql security definer
    as $$
declare
    home  text := current_schema();
    day   date;
    part  text;
    made  integer := 0;
    edges text[];
    stem  text;
begin
    perform pg_advisory_xact_lock(hashtextextended(home || '.bus_prepare_partitions', 0));
    for day in select generate_series((now() at time zone 'UTC')::date,
                                      (now() at time zone 'UTC')::date + least(ahead, 30), '1 day')::date loop
        foreach stem in array array['outbox', 'inbox'] loop
            part := format('%s_p%s', stem, to_char(day, 'YYYYMMDD'));
            continue when to_regclass(format('%I.%I', home, part)) is not null;
            edges := case stem
                when 'outbox' then array[day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC']::text[]
                else array[bus_uuid_of(day::timestamp at time zone 'UTC'),
                           bus_uuid_of((day + 1)::timestamp at time zone 'UTC')]::text[]
            end;
            begin
                execute format('create table %I (like %I including defaults including constraints)', part, stem);
                call usher.protect_tenant_table(part::regclass);
                execute format('revoke all on %I from %I, %I', part, home, home || '_platform');
                execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                               stem, part, edges[1], edges[2]);
                made := made + 1;
            exception when check_violation then
                null;
            end;
        end loop;
    end loop;
    return made;
end
$$;

-- Drops the partitions of days that ended `keep` ago or earlier, unless the relay still needs them: a row not yet
-- visible in its lane's `done`, or one that waits with a parked aggregate. What is as old in the default partitions
-- goes too. Answers how many partitions were dropped.
create function bus_drop_partitions(keep interval) returns integer
    language plpgsql security definer
    as $$
declare
    home    text := current_schema();
    edge    date := ((now() - greatest(keep, interval '1 hour')) at time zone 'UTC')::date;
    part    record;
    needed  boolean;
    dropped integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended(home || '.bus_prepare_partitions', 0));
    for part in
        select c.oid::regclass as id, c.relname as name, p.relname as stem
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        join pg_class p on p.oid = i.inhparent
        where p.oid in ('outbox'::regclass, 'inbox'::regclass) and c.relname ~ '_p\d{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < edge
        order by p.relname desc, c.relname
    loop
        if part.stem = 'outbox' then
            -- Asked of the parent, where the owner may look.
            needed := exists (
                select from outbox o join outbox_cursors c using (lane)
                where o.tableoid = part.id and not pg_visible_in_snapshot(o.xid, c.done)
            ) or exists (
                select from outbox o join outbox_parked k using (tenant_id, aggregate_id)
                where o.tableoid = part.id and o.id >= k.first_id
            );
        else
            -- What may still be delivered again must still be known as handled.
            needed := to_regclass(format('%I.%I', home, replace(part.name, 'inbox', 'outbox'))) is not null;
        end if;
        continue when needed;
        execute format('drop table %s', part.id);
        dropped := dropped + 1;
    end loop;
    delete from outbox o using outbox_cursors c
        where o.tableoid = 'outbox_default'::regclass and o.created_at < edge
          and c.lane = o.lane and pg_visible_in_snapshot(o.xid, c.done)
          and not exists (select from outbox_parked k
                          where k.tenant_id = o.tenant_id and k.aggregate_id = o.aggregate_id and k.first_id <= o.id);
    delete from inbox i where i.tableoid = 'inbox_default'::regclass and i.handled_at < edge;
    return dropped;
end
$$;

do $$
declare
    home text := current_schema();
    name text;
begin
    foreach name in array array['bus_prepare_partitions', 'bus_drop_partitions'] loop
        execute format('alter function %I set search_path = %I, pg_temp', name, home);
        execute format('revoke execute on function %I from public', name);
        execute format('grant execute on function %I to %I', name, home || '_platform');
    end loop;
    -- The functions run as the owner, whom row-level security binds too unless it is a superuser: blind, it would
    -- take every row for published.
    foreach name in array array['outbox', 'outbox_parked', 'inbox'] loop
        execute format('create policy housekeeping on %I for select to current_user using (true)', name);
        execute format('create policy housekeeping_end on %I for delete to current_user using (true)', name);
    end loop;
    perform bus_prepare_partitions(3);
end
$$;
