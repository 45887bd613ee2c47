-- Second factors. The secret of an authenticator app is sealed by the vault under the platform's own data key: the
-- tenant of these rows is the platform.
create table totp_factors (
    tenant_id    uuid        not null default usher.current_tenant(),
    user_id      uuid        not null,
    secret       bytea       not null,
    -- The newest time step whose code was accepted: a code counts once.
    last_step    bigint      not null default 0,
    created_at   timestamptz not null,
    -- Null until a code was shown.
    confirmed_at timestamptz,
    constraint totp_factors_pkey primary key (tenant_id, user_id)
);
call usher.protect_tenant_table('totp_factors');
insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('auth.totp', 'totp_factors', 'secret', 'user_id');

-- What stands in for the app when it is lost: 80 random bits each, as SHA-256, deleted by their use.
create table recovery_codes (
    user_id   uuid  not null,
    code_hash bytea not null constraint recovery_codes_code_hash_check check (length(code_hash) = 32),
    constraint recovery_codes_pkey primary key (user_id, code_hash)
);

alter table sessions
    -- Waits for the second factor, and is good for nothing else.
    add column pending          boolean     not null default false,
    -- When the second factor was shown last.
    add column second_factor_at timestamptz;

-- Whether the password is shorter than one that nothing else is asked beside has to be.
alter table credentials add column short boolean not null default false;
