-- The one link by which the platform's first administrator comes in; a newer one takes its place. It belongs to no tenant.
create table setup_links (
    only_one   boolean     not null default true constraint setup_links_only_one_check check (only_one),
    -- SHA-256 of the secret in the link, which is shown once and kept nowhere.
    token_hash bytea       not null constraint setup_links_token_hash_check check (length(token_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    constraint setup_links_pkey primary key (only_one)
);
