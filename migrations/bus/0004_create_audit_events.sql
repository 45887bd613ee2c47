-- Who did what, written in the transaction of the change. Append-only for every role that logs in.
create table audit_events (
    tenant_id  uuid        not null default usher.current_tenant(),
    id         uuid        not null,
    actor      text        not null,
    action     text        not null,
    target     text        not null,
    ip         text,
    ua         text,
    request_id text        not null,
    created_at timestamptz not null default now(),
    constraint audit_events_pkey primary key (tenant_id, id)
);
create index audit_events_tenant_id_target_index on audit_events (tenant_id, target, id);
call usher.protect_tenant_table('audit_events');

do $$
begin
    execute format('revoke update, delete on audit_events from %I, %I', current_schema(), current_schema() || '_platform');
end
$$;
