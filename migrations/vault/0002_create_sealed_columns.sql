-- Where sealed values stand: a migration that makes such a column registers it here, so that a tenant's secrets can be
-- sealed anew under a fresh data key. What is not registered is not sealed. Read by the service, written by migrations.
create table sealed_columns (
    -- The word under which the service seals, for instance `integration.token`.
    purpose     text not null,
    table_name  text not null constraint sealed_columns_table_name_check check (table_name ~ '^[a-z][a-z0-9_]*$'),
    column_name text not null constraint sealed_columns_column_name_check check (column_name ~ '^[a-z][a-z0-9_]*$'),
    -- The column with the id that the value is bound to; with the tenant it names one row.
    row_column  text not null constraint sealed_columns_row_column_check check (row_column ~ '^[a-z][a-z0-9_]*$'),
    constraint sealed_columns_pkey primary key (purpose, table_name, column_name)
);

do $$ begin
    execute format('revoke insert, update, delete on sealed_columns from %I, %I', current_schema(),
                   current_schema() || '_platform');
end $$;

-- Why a secret was read (the op that read it), and the trace in which.
alter table secret_reads
    add column why         text not null default '',
    add column traceparent text;
