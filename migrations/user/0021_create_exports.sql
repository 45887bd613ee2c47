-- Exports of one person's data. People belong to no tenant: the tenant of these rows is the platform, under whose data
-- key the vault seals what was gathered.
create table exports (
    tenant_id  uuid        not null default usher.current_tenant(),
    export_id  uuid        not null,
    -- Whose data.
    user_id    uuid        not null constraint exports_user_id_fkey references users (user_id),
    -- Who asked, and alone may fetch it.
    asked_by   uuid        not null,
    -- Why, for the platform's operators; empty where the person asked.
    reason     text        not null constraint exports_reason_check check (length(reason) <= 500),
    -- A ready one expires by its date alone.
    status     text        not null constraint exports_status_check check (status in ('gathering', 'ready', 'failed')),
    -- Why it came to nothing, a stable word; empty where it did not.
    problem    text        not null default '',
    asked_at   timestamptz not null,
    ended_at   timestamptz,
    expires_at timestamptz,
    constraint exports_pkey primary key (tenant_id, export_id),
    constraint exports_ended_at_check check ((status = 'gathering') = (ended_at is null)),
    constraint exports_expires_at_check check ((status = 'ready') = (expires_at is not null))
);
call usher.protect_tenant_table('exports');
-- Whoever asks has one export of a person.
create unique index exports_user_id_key on exports (tenant_id, user_id, asked_by);
create index exports_asked_by_index on exports (tenant_id, asked_by);
create index exports_ended_at_index on exports (ended_at) where ended_at is not null;

-- What each service told, sealed as JSON.
create table export_parts (
    tenant_id uuid  not null default usher.current_tenant(),
    part_id   uuid  not null,
    export_id uuid  not null,
    source    text  not null constraint export_parts_source_check
        check (source in ('user', 'auth', 'notifier', 'provisioning')),
    content   bytea not null,
    constraint export_parts_pkey primary key (tenant_id, part_id),
    constraint export_parts_source_key unique (tenant_id, export_id, source),
    constraint export_parts_export_id_fkey foreign key (tenant_id, export_id)
        references exports (tenant_id, export_id) on delete cascade
);
call usher.protect_tenant_table('export_parts');
insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('user.export', 'export_parts', 'content', 'part_id');

-- Rows of lists are found by the address that is to be forgotten.
create index invite_batch_rows_email_index on invite_batch_rows (lower(email));
