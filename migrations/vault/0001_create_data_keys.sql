-- The tenant's data keys, each wrapped by a master key that never stands in the database. Secrets name the
-- generation that sealed them. A shredded generation stays as a mark, so that its number is never given again
-- and what it sealed is known to be gone.
create table data_keys (
    tenant_id   uuid        not null default usher.current_tenant(),
    generation  integer     not null constraint data_keys_generation_check check (generation > 0),
    wrapped     bytea,
    master_id   text,
    created_at  timestamptz not null default now(),
    shredded_at timestamptz,
    constraint data_keys_pkey primary key (tenant_id, generation),
    constraint data_keys_shredded_at_check check (
        (shredded_at is null) = (wrapped is not null) and (wrapped is null) = (master_id is null)
    )
);
call usher.protect_tenant_table('data_keys');

-- What a rotation still has to re-wrap.
create index data_keys_master_id_index on data_keys (master_id) where shredded_at is null;

-- Who opened which secret, when, in which request: written in the transaction that opens it.
create table secret_reads (
    tenant_id  uuid        not null default usher.current_tenant(),
    id         uuid        not null,
    purpose    text        not null,
    row_id     uuid        not null,
    actor      text        not null,
    request_id text        not null,
    created_at timestamptz not null default now(),
    constraint secret_reads_pkey primary key (tenant_id, id)
);
call usher.protect_tenant_table('secret_reads');

create index secret_reads_tenant_id_row_id_index on secret_reads (tenant_id, row_id, created_at);

-- A journal: nobody rewrites it, and only work across tenants (retention, erasure) may thin it out.
do $$ begin
    execute format('revoke update, delete on secret_reads from %I', current_schema());
    execute format('revoke update on secret_reads from %I', current_schema() || '_platform');
end $$;
