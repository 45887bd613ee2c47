-- What the platform itself changes of a person: the address, and whether the account is open.
alter table users
    -- Counts such changes, so that whoever hears of one late can tell that it is old.
    add column version     bigint not null default 1 constraint users_version_check check (version >= 1),
    -- Why the platform closed the account, for its operators; empty for an open one.
    add column closed_note text   not null default '' constraint users_closed_note_check check (length(closed_note) <= 500);

-- A person's wish for another address. It belongs to the person and so to no tenant. The secrets of its two links are
-- never stored, only their SHA-256.
create table email_changes (
    change_id        uuid        not null,
    user_id          uuid        not null constraint email_changes_user_id_fkey references users (user_id),
    -- The session in which it was asked for, which goes on when the others end.
    session_id       uuid        not null,
    old_email        text        not null,
    new_email        text        not null,
    -- Language of letters and pages.
    locale           text        not null,
    -- A pending one expires by its date alone.
    status           text        not null constraint email_changes_status_check
        check (status in ('pending', 'done', 'refused', 'withdrawn', 'replaced', 'unusable')),
    old_hash         bytea       not null constraint email_changes_old_hash_check check (length(old_hash) = 32),
    new_hash         bytea       not null constraint email_changes_new_hash_check check (length(new_hash) = 32),
    old_confirmed_at timestamptz,
    new_confirmed_at timestamptz,
    created_at       timestamptz not null,
    expires_at       timestamptz not null,
    ended_at         timestamptz,
    constraint email_changes_pkey primary key (change_id),
    constraint email_changes_old_hash_key unique (old_hash),
    constraint email_changes_new_hash_key unique (new_hash),
    constraint email_changes_ended_at_check check ((status = 'pending') = (ended_at is null)),
    -- Both addresses have said yes to what is done.
    constraint email_changes_done_check
        check (status <> 'done' or (old_confirmed_at is not null and new_confirmed_at is not null))
);
-- A person has one wish at a time.
create unique index email_changes_user_id_key on email_changes (user_id) where status = 'pending';
-- Letters are counted by person and by the address they go to.
create index email_changes_user_id_index on email_changes (user_id, created_at);
create index email_changes_new_email_index on email_changes (new_email, created_at);

-- What the platform changes of people, over all tenants, the platform tells.
do $$
begin
    execute format('grant execute on function outbox_emit to %I', current_schema() || '_platform');
end
$$;
