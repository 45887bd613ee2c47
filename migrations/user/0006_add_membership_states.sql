-- A membership that ends stays as a row: who was here, since when, and why not any more.
alter table memberships drop constraint memberships_status_check;
alter table memberships
    add constraint memberships_status_check check (status in ('active', 'disabled', 'removed')),
    -- What brought it to its status.
    add column cause text not null default 'joined'
        constraint memberships_cause_check check (cause in ('joined', 'by_hand', 'left')),
    -- What whoever changed it said, for colleagues.
    add column note text not null default '' constraint memberships_note_check check (length(note) <= 500),
    add column changed_at timestamptz not null default now(),
    -- Who changed it, as audit rows name an actor.
    add column changed_by text not null default '';

-- What a seat is counted by.
create index memberships_tenant_id_active_index on memberships (tenant_id) where status = 'active';
create index invites_tenant_id_expires_at_index on invites (tenant_id, expires_at) where status = 'pending';
-- Whose name changes, changes it in every tenant.
create index memberships_user_id_index on memberships (user_id);
-- Who answers for a tenant: the last one may not go.
create index role_bindings_tenant_id_role_index on role_bindings (tenant_id, role, user_id);

-- How many active members a tenant may have; a tenant without a row any number. Whoever takes a seat locks the row
-- first and counts then.
create table seats (
    tenant_id  uuid        not null default usher.current_tenant(),
    seat_limit integer     constraint seats_seat_limit_check check (seat_limit between 1 and 1000000),
    changed_at timestamptz not null,
    changed_by text        not null,
    constraint seats_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('seats');

-- Those who came before: for this one statement the owner sees all rows.
alter table memberships no force row level security;
update memberships set changed_at = joined_at;
alter table memberships force row level security;
