-- The answer to a repeated idempotency key: one row per (tenant, actor, operation, key), written in the
-- transaction of the effect it answers for, kept at least a day.
create table replies (
    tenant_id       uuid        not null default usher.current_tenant(),
    actor           text        not null,
    operation       text        not null,
    idempotency_key text        not null constraint replies_idempotency_key_check check (length(idempotency_key) between 1 and 255),
    fingerprint     bytea       not null,
    reply           bytea,
    created_at      timestamptz not null default now(),
    constraint replies_pkey primary key (tenant_id, actor, operation, idempotency_key)
);
call usher.protect_tenant_table('replies');
