-- The marketplace token of a client is sealed by the vault: a rotation of the tenant's data key finds it here.
insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('wb_token', 'clients', 'wb_token', 'client_id');
