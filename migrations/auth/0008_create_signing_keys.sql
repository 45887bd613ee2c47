-- Keys that sign tokens. They are the platform's: the tenant of these rows is the platform, under whose data key the
-- vault seals their private halves.
create table signing_keys (
    tenant_id   uuid        not null default usher.current_tenant(),
    -- The `kid` of tokens that it signs.
    key_id      uuid        not null,
    algorithm   text        not null constraint signing_keys_algorithm_check check (algorithm in ('EdDSA', 'ES256')),
    private_key bytea       not null,
    -- The coordinates of its JWK, base64url; Ed25519 has one.
    x           text        not null,
    y           text        not null,
    created_at  timestamptz not null,
    -- It signs from here on until the next one does; it is published before.
    signs_from  timestamptz not null,
    constraint signing_keys_pkey primary key (tenant_id, key_id),
    constraint signing_keys_published_check check (signs_from >= created_at)
);
call usher.protect_tenant_table('signing_keys');
insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('auth.signing_key', 'signing_keys', 'private_key', 'key_id');
