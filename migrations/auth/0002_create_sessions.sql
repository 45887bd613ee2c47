-- Signed-in sessions. Global like the people they belong to; one session serves all tenants of its person.
create table sessions (
    session_id   uuid        not null,
    user_id      uuid        not null,
    -- SHA-256 of the bearer token; the token itself is shown once and kept nowhere.
    token_hash   bytea       not null constraint sessions_token_hash_check check (length(token_hash) = 32),
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    -- Moves at most once in a few minutes, so that reading a session seldom writes.
    last_used_at timestamptz not null,
    constraint sessions_pkey primary key (session_id),
    constraint sessions_token_hash_key unique (token_hash)
);
create index sessions_user_id_index on sessions (user_id, session_id);
create index sessions_expires_at_index on sessions (expires_at);
