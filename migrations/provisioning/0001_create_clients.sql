-- A client on the way from an invitation to a working workspace. One person makes one client of a tenant.
create table clients (
    tenant_id         uuid        not null default usher.current_tenant(),
    client_id         uuid        not null,
    email             text        not null constraint clients_email_check check (length(email) between 3 and 254),
    name              text        not null constraint clients_name_check check (length(name) between 1 and 120),
    role              text        not null constraint clients_role_check check (role ~ '^[a-z][a-z0-9_]{0,39}$'),
    spreadsheet_id    text        not null
        constraint clients_spreadsheet_id_check check (spreadsheet_id ~ '^[A-Za-z0-9_-]{1,128}$'),
    -- Sealed by the vault for the purpose `wb_token` and this row.
    wb_token          bytea       not null,
    wb_token_hint     text        not null,
    -- Null is the tenant's own language.
    locale            text        constraint clients_locale_check check (locale in ('en', 'ru')),
    -- `expired` is never stored: it is `invited`, read after invite_expires_at.
    stage             text        not null
        constraint clients_stage_check
        check (stage in ('invited', 'email_confirmed', 'workspace_registered', 'token_added', 'validated', 'active',
                         'failed', 'revoked')),
    -- Where a failed client goes on.
    resume_stage      text
        constraint clients_resume_stage_check check (resume_stage in ('email_confirmed', 'workspace_registered')),
    reason            text,
    message           text,
    -- Attempts at steps that have ended.
    attempts          integer     not null default 0,
    invite_id         uuid,
    invite_expires_at timestamptz,
    user_id           uuid,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    active_at         timestamptz,
    constraint clients_pkey primary key (tenant_id, client_id),
    constraint clients_email_key unique (tenant_id, email),
    -- Over the platform: the backend knows no tenants, so a second tenant would take the spreadsheet over.
    constraint clients_spreadsheet_id_key unique (spreadsheet_id),
    constraint clients_failed_check check ((stage = 'failed') = (resume_stage is not null)),
    constraint clients_active_check check ((stage = 'active') = (active_at is not null))
);
call usher.protect_tenant_table('clients');

create index clients_invite_id_idx on clients (tenant_id, invite_id);
create index clients_stage_idx on clients (tenant_id, stage, client_id);
