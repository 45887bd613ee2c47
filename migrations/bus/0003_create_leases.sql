-- Work that one process at a time may do (a lane of the outbox, a consumer), by the database's clock.
create table bus_leases (
    kind       text        not null,
    name       text        not null,
    owner      uuid        not null,
    expires_at timestamptz not null,
    constraint bus_leases_pkey primary key (kind, name)
) with (fillfactor = 50);

-- Who takes part, so that the work can be shared out evenly.
create table bus_members (
    kind       text        not null,
    member     uuid        not null,
    expires_at timestamptz not null,
    constraint bus_members_pkey primary key (kind, member)
) with (fillfactor = 50);

do $$
begin
    execute format('revoke all on bus_leases, bus_members from %I', current_schema());
end
$$;
