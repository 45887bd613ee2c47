-- Facts that have been handled, written in the transaction of their effect. Event ids are UUIDv7, so the table is
-- partitioned by the day the fact was told and the key stays unique across partitions.
create table inbox (
    tenant_id  uuid        not null default usher.current_tenant(),
    consumer   text        not null,
    event_id   uuid        not null,
    handled_at timestamptz not null default now(),
    constraint inbox_pkey primary key (tenant_id, consumer, event_id)
) partition by range (event_id);
call usher.protect_tenant_table('inbox');

create table inbox_default partition of inbox default;
call usher.protect_tenant_table('inbox_default');

-- Messages that no retry will help, kept for an operator.
create table dead_letters (
    tenant_id  uuid        not null,
    consumer   text        not null,
    event_id   uuid        not null,
    subject    text        not null,
    body       text        not null,
    error      text        not null,
    attempts   integer     not null,
    created_at timestamptz not null default now(),
    constraint dead_letters_pkey primary key (tenant_id, consumer, event_id)
);
call usher.protect_tenant_table('dead_letters');

do $$
begin
    execute format('revoke all on inbox_default from %I, %I', current_schema(), current_schema() || '_platform');
    execute format('revoke update, delete on inbox from %I', current_schema());
end
$$;
