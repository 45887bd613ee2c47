-- Messages that were delivered suspiciously often, and how often their handler was really begun. Counted before each try,
-- so that a message that takes the process down with it is buried in the end, and one that only waited beside it is not.
create table delivery_tries (
    tenant_id uuid        not null,
    consumer  text        not null,
    event_id  uuid        not null,
    tries     integer     not null default 1,
    tried_at  timestamptz not null default now(),
    constraint delivery_tries_pkey primary key (tenant_id, consumer, event_id)
);
call usher.protect_tenant_table('delivery_tries');
