-- Passwords, as hashes. People are global (one person, one verified e-mail, many tenants), so nothing here belongs to a
-- tenant and no row-level security applies. It is read across tenants, with a reason; a change that leaves an audit row
-- is bound to the platform's own tenant.
create table credentials (
    credential_id uuid        not null,
    user_id       uuid        not null,
    email         text        not null constraint credentials_email_check check (length(email) between 3 and 254),
    -- An argon2id hash in PHC string format; carries its own parameters and salt.
    hash          text        not null constraint credentials_hash_check check (hash like '$argon2id$%'),
    state         text        not null constraint credentials_state_check check (state in ('staged', 'active')),
    created_at    timestamptz not null,
    constraint credentials_pkey primary key (credential_id)
);
-- Of any number of staged hashes one becomes the person's password, and an e-mail signs in one person.
create unique index credentials_user_id_key on credentials (user_id) where state = 'active';
create unique index credentials_email_key on credentials (email) where state = 'active';
create index credentials_user_id_index on credentials (user_id);
create index credentials_created_at_index on credentials (created_at) where state = 'staged';
