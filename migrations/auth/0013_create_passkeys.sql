-- Passkeys: public keys that sign in. Global like the people they belong to. What is kept of one is no secret.
create table passkeys (
    passkey_id   uuid        not null,
    user_id      uuid        not null,
    -- The id that the device gave the key (WebAuthn: credential id).
    webauthn_id  bytea       not null constraint passkeys_webauthn_id_check check (length(webauthn_id) between 1 and 1023),
    -- The public key with its counter and what was seen when it was made, as JSON of the library.
    key          text        not null,
    name         text        not null constraint passkeys_name_check check (length(name) between 1 and 64),
    created_at   timestamptz not null,
    last_used_at timestamptz,
    -- Since when it is asked for beside a password; null for one that only signs in by itself, as long as there are no
    -- recovery codes for when it is lost.
    guards_since timestamptz,
    -- The staged credential that it waits for; null once it counts.
    staged_with  uuid,
    constraint passkeys_pkey primary key (passkey_id),
    -- A key is one person's.
    constraint passkeys_webauthn_id_key unique (webauthn_id),
    constraint passkeys_staged_with_fkey foreign key (staged_with) references credentials (credential_id) on delete cascade
);
create index passkeys_user_id_index on passkeys (user_id, passkey_id);
create index passkeys_staged_with_index on passkeys (staged_with) where staged_with is not null;

-- Challenges that were given out, each deleted by its use.
create table passkey_ceremonies (
    -- SHA-256 of what the asking browser holds.
    token_hash bytea       not null constraint passkey_ceremonies_token_hash_check check (length(token_hash) = 32),
    kind       text        not null constraint passkey_ceremonies_kind_check
        check (kind in ('add', 'stage', 'sign_in', 'confirm', 'step_up')),
    -- Null where whoever has a passkey may come.
    user_id    uuid,
    -- The session that asked, or that waits for the second factor.
    session_id uuid,
    -- The address that a staged passkey is to sign in.
    email      text        constraint passkey_ceremonies_email_check check (length(email) between 3 and 254),
    -- The challenge and what was asked beside it, as JSON of the library.
    state      text        not null,
    expires_at timestamptz not null,
    constraint passkey_ceremonies_pkey primary key (token_hash),
    constraint passkey_ceremonies_user_id_check check (kind = 'sign_in' or user_id is not null),
    constraint passkey_ceremonies_session_id_check check (kind in ('sign_in', 'stage') or session_id is not null),
    constraint passkey_ceremonies_email_kind_check check (kind <> 'stage' or email is not null)
);
create index passkey_ceremonies_user_id_index on passkey_ceremonies (user_id) where user_id is not null;
create index passkey_ceremonies_expires_at_index on passkey_ceremonies (expires_at);

-- Somebody who came in by a passkey has no password; the address is theirs all the same.
alter table credentials alter column hash drop not null;

alter table sessions
    drop constraint sessions_method_check,
    add constraint sessions_method_check check (method in ('password', 'letter', 'issued', 'passkey', 'sso'));
