-- The keys of people's Ozon cabinets, kept for the programs that know them from the legacy library. The secrets are
-- sealed by the vault for this row.
create table ozon_keys (
    tenant_id                  uuid        not null default usher.current_tenant(),
    key_id                     uuid        not null,
    user_id                    uuid        not null,
    -- The seller's number at Ozon.
    seller_client_id           bigint      not null
        constraint ozon_keys_seller_client_id_check check (seller_client_id > 0),
    seller_api_key             bytea       not null,
    seller_api_key_hint        text        not null,
    -- The account of the advertising cabinet, which has a secret of its own.
    performance_client_id      text        not null default ''
        constraint ozon_keys_performance_client_id_check check (length(performance_client_id) <= 200),
    performance_client_secret  bytea,
    performance_secret_hint    text,
    name                       text        not null default ''
        constraint ozon_keys_name_check check (length(name) <= 120),
    updated_at                 timestamptz not null,
    constraint ozon_keys_pkey primary key (tenant_id, key_id),
    constraint ozon_keys_seller_key unique (tenant_id, user_id, seller_client_id),
    constraint ozon_keys_secret_check check ((performance_client_secret is null) = (performance_secret_hint is null)),
    constraint ozon_keys_performance_check check ((performance_client_secret is null) = (performance_client_id = ''))
);
call usher.protect_tenant_table('ozon_keys');
create index ozon_keys_user_id_idx on ozon_keys (user_id);

insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('ozon_api_key', 'ozon_keys', 'seller_api_key', 'key_id'),
       ('ozon_performance_secret', 'ozon_keys', 'performance_client_secret', 'key_id');
