-- The journal of all tenants, the latest first: ids grow with time.
create index secret_reads_id_index on secret_reads (id);
