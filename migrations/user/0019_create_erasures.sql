-- When the platform forgot who the person was; the row stays, so that ids go on naming somebody.
alter table users add column erased_at timestamptz;
alter table users add constraint users_erased_at_check check (erased_at is null or status = 'disabled');

-- People who are to be erased: after a time in which that can be taken back, and then for good.
create table erasures (
    erasure_id uuid        not null,
    user_id    uuid        not null constraint erasures_user_id_fkey references users (user_id),
    -- `running` from the first step on, after which nothing is taken back.
    status     text        not null constraint erasures_status_check
        check (status in ('waiting', 'running', 'cancelled', 'done')),
    -- Why, for the platform's operators; empty where the person asked.
    reason     text        not null constraint erasures_reason_check check (length(reason) <= 500),
    -- Why the last try came to nothing, a stable word; empty where none did.
    problem    text        not null default '',
    -- Who asked, as audit rows name an actor.
    asked_by   text        not null,
    asked_at   timestamptz not null,
    due_at     timestamptz not null,
    ended_at   timestamptz,
    constraint erasures_pkey primary key (erasure_id),
    constraint erasures_ended_at_check check ((status in ('cancelled', 'done')) = (ended_at is not null))
);
create unique index erasures_user_id_key on erasures (user_id) where status in ('waiting', 'running');
create index erasures_user_id_index on erasures (user_id, asked_at);
create index erasures_due_at_index on erasures (due_at) where status in ('waiting', 'running');
