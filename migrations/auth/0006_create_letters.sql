-- Letters that were asked for, known and unknown addresses alike: what can be told of one must be true of the other.
create table letters (
    letter_id    uuid        not null,
    kind         text        not null constraint letters_kind_check check (kind in ('password_reset', 'sign_in')),
    -- Null where the address signed nobody in.
    user_id      uuid,
    -- SHA-256 of the token in the link. Token and code derive from the id under a key outside the database.
    token_hash   bytea       not null constraint letters_token_hash_check check (length(token_hash) = 32),
    -- SHA-256 of what the asking browser holds.
    binding_hash bytea       constraint letters_binding_hash_check check (length(binding_hash) = 32),
    -- How often somebody tried to redeem it.
    tries        smallint    not null default 0 constraint letters_tries_check check (tries between 0 and 5),
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    -- Since when it is good for nothing: it was used, or another one was.
    used_at      timestamptz,
    constraint letters_pkey primary key (letter_id),
    constraint letters_token_hash_key unique (token_hash),
    constraint letters_binding_hash_key unique (binding_hash),
    constraint letters_bound_check check (kind <> 'sign_in' or binding_hash is not null)
);
create index letters_user_id_index on letters (user_id) where used_at is null;
create index letters_expires_at_index on letters (expires_at);
