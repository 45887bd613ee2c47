-- Facts on their way out. The hot table is append-only and partitioned by day: no row is ever written twice,
-- and what is old goes away with its partition. How far the relay has come stands in outbox_cursors.

-- A relay reads this sequence to know how far ids have been handed out, so it must not hand out blocks.
create sequence outbox_id_seq as bigint cache 1;

create table outbox (
    id            bigint      not null default nextval('outbox_id_seq'),
    -- The 64-bit transaction id: what pg_visible_in_snapshot asks for.
    xid           xid8        not null default pg_current_xact_id(),
    lane          smallint    not null constraint outbox_lane_check check (lane between 0 and 15),
    tenant_id     uuid        not null,
    aggregate_id  uuid        not null,
    -- Counts the facts of one aggregate without gaps, in the order of commits.
    aggregate_seq bigint      not null,
    event_id      uuid        not null,
    kind          text        not null constraint outbox_kind_check check (kind ~ '^[a-z0-9_]+(\.[a-z0-9_]+)+$'),
    data          jsonb       not null,
    traceparent   text,
    request_id    text        not null,
    created_at    timestamptz not null default now(),
    constraint outbox_pkey primary key (tenant_id, created_at, id)
) partition by range (created_at);
create index outbox_lane_id_index on outbox (lane, id);
create index outbox_aggregate_id_id_index on outbox (aggregate_id, id);
call usher.protect_tenant_table('outbox');

-- Rows of days for which no partition stands; empty as long as bus_prepare_partitions is called in time.
create table outbox_default partition of outbox default;
call usher.protect_tenant_table('outbox_default');

-- The last aggregate_seq of each aggregate. Its row is locked by the emitting transaction, so the order of ids
-- within an aggregate is the order of commits.
create table outbox_counters (
    tenant_id    uuid   not null,
    aggregate_id uuid   not null,
    seq          bigint not null,
    constraint outbox_counters_pkey primary key (tenant_id, aggregate_id)
) with (fillfactor = 70);
call usher.protect_tenant_table('outbox_counters');

-- How far each lane has been published: every row visible in `done` is out. While a window is being published,
-- `until` is its far edge and `position` the last id that is out. `floor` is an id below which nothing can be new.
create table outbox_cursors (
    lane     smallint    not null,
    done     pg_snapshot not null default '1:1:',
    until    pg_snapshot,
    position bigint      not null default 0,
    floor    bigint      not null default 0,
    -- Counts refills: a relay that knows an older epoch may not save.
    epoch    bigint      not null default 0,
    constraint outbox_cursors_pkey primary key (lane)
) with (fillfactor = 50);
insert into outbox_cursors (lane) select generate_series(0, 15);

-- Aggregates whose next fact could not be published. They wait here; everybody else goes on.
create table outbox_parked (
    tenant_id    uuid        not null,
    aggregate_id uuid        not null,
    lane         smallint    not null,
    first_id     bigint      not null,
    attempts     integer     not null default 1,
    next_at      timestamptz not null,
    error        text        not null,
    parked_at    timestamptz not null default now(),
    constraint outbox_parked_pkey primary key (tenant_id, aggregate_id)
);
call usher.protect_tenant_table('outbox_parked');

-- The stream as it was when last published to: its birth, and the place and id of our last message there. A younger
-- stream, or one that does not hold that message any more, has lost facts.
create table outbox_streams (
    name       text        not null,
    created_at timestamptz not null,
    last_seq   bigint      not null default 0,
    last_id    text        not null default '',
    constraint outbox_streams_pkey primary key (name)
) with (fillfactor = 50);

-- Facts come in through this function alone, so lane, sequence and tenant cannot be forged.
create function outbox_emit(event uuid, fact_kind text, aggregate uuid, fact jsonb, trace text, request text)
    returns void language plpgsql security definer
    as $$
declare
    tenant uuid := usher.current_tenant();
    next   bigint;
begin
    if tenant is null then
        raise exception 'a fact belongs to a tenant' using errcode = 'insufficient_privilege';
    end if;
    insert into outbox_counters as c (tenant_id, aggregate_id, seq) values (tenant, aggregate, 1)
        on conflict on constraint outbox_counters_pkey do update set seq = c.seq + 1
        returning seq into next;
    insert into outbox (lane, tenant_id, aggregate_id, aggregate_seq, event_id, kind, data, traceparent, request_id)
        values ((uuid_hash(aggregate) & 15)::smallint, tenant, aggregate, next, event, fact_kind, fact, trace, request);
end
$$;

do $$
declare
    login text := current_schema();
    platform text := current_schema() || '_platform';
begin
    execute format('alter function outbox_emit set search_path = %I, pg_temp', login);
    execute 'revoke execute on function outbox_emit from public';
    execute format('grant execute on function outbox_emit to %I', login);
    execute format('revoke all on outbox_default, outbox_counters from %I, %I', login, platform);
    execute format('revoke insert, update, delete on outbox from %I, %I', login, platform);
    execute format('revoke all on outbox_cursors, outbox_parked, outbox_streams from %I', login);
    execute format('revoke insert, delete on outbox_cursors from %I', platform);
    -- The function runs as the owner, whom row-level security binds too unless it is a superuser.
    execute 'create policy outbox_emit on outbox for insert to current_user
                 with check (tenant_id = usher.current_tenant())';
    execute 'create policy outbox_emit on outbox_counters to current_user
                 using (tenant_id = usher.current_tenant()) with check (tenant_id = usher.current_tenant())';
end
$$;
