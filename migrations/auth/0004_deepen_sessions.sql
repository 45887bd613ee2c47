-- How a session began, on which device, and what ends it when nobody uses it.
alter table sessions
    add column method       text        not null default 'password'
        constraint sessions_method_check check (method in ('password', 'letter', 'issued')),
    -- Browser and system, and where it was used last: for the person to recognise it.
    add column device       text        not null default ''
        constraint sessions_device_check check (length(device) <= 80),
    add column address      text        not null default ''
        constraint sessions_address_check check (length(address) <= 64),
    -- Unused for so long it ends; null for one that only its date ends.
    add column idle_seconds integer     constraint sessions_idle_seconds_check check (idle_seconds > 0),
    -- When the person last proved who they are.
    add column proven_at    timestamptz not null default now();
update sessions set proven_at = created_at;

drop index sessions_user_id_index;
create index sessions_user_id_index on sessions (user_id, session_id) where ended_at is null;
