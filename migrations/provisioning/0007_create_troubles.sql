-- What an operator has to look at: one open row per client, kept when it is over.
create table troubles (
    tenant_id    uuid        not null default usher.current_tenant(),
    trouble_id   uuid        not null,
    client_id    uuid        not null,
    kind         text        not null
        constraint troubles_kind_check check (kind in ('failed', 'stuck', 'degraded', 'overdue', 'unaccepted')),
    -- The client's run that it was found in.
    run          integer     not null,
    reason       text        not null,
    message      text        not null,
    opened_at    timestamptz not null,
    -- When somebody last did something about it, or it changed.
    touched_at   timestamptz not null,
    worked_by    text,
    note         text        not null default '' constraint troubles_note_check check (length(note) <= 2000),
    escalated_at timestamptz,
    resolved_at  timestamptz,
    resolved_by  text,
    constraint troubles_pkey primary key (tenant_id, trouble_id),
    constraint troubles_client_id_fkey foreign key (tenant_id, client_id) references clients (tenant_id, client_id),
    constraint troubles_resolved_check check ((resolved_at is null) = (resolved_by is null))
);
call usher.protect_tenant_table('troubles');

create unique index troubles_open_key on troubles (tenant_id, client_id) where resolved_at is null;
create index troubles_client_id_idx on troubles (tenant_id, client_id, run);
create index troubles_touched_at_idx on troubles (touched_at) where resolved_at is null and escalated_at is null;
