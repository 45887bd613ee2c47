-- An invitation may give several roles, and in a part of the tenant: `role` is the first, these follow it.
alter table invites
    add column more_roles text[] not null default '{}'
        constraint invites_more_roles_check check (cardinality(more_roles) <= 9),
    add column scope_type text   not null default 'tenant'
        constraint invites_scope_type_check check (scope_type in ('tenant', 'community', 'team', 'resource')),
    -- Which community, team or resource; empty for the tenant.
    add column scope_id   text   not null default '';
alter table invites
    add constraint invites_scope_id_check
        check (length(scope_id) <= 200 and (scope_id = '') = (scope_type = 'tenant'));
