-- A community or a team. A team may belong to a community; nothing is nested deeper.
create table groups (
    tenant_id      uuid        not null default usher.current_tenant(),
    group_id       uuid        not null,
    kind           text        not null constraint groups_kind_check check (kind in ('community', 'team')),
    -- The community that a team belongs to, for good.
    community_id   uuid,
    -- Always so: it lets the foreign key refuse a team as a community.
    community_kind text        not null default 'community'
        constraint groups_community_kind_check check (community_kind = 'community'),
    name           text        not null constraint groups_name_check check (length(name) between 1 and 120),
    description    text        not null constraint groups_description_check check (length(description) <= 2000),
    join_policy    text        not null
        constraint groups_join_policy_check check (join_policy in ('open', 'request', 'invitation')),
    status         text        not null constraint groups_status_check check (status in ('active', 'archived')),
    created_at     timestamptz not null,
    -- Who made it, as audit rows name an actor.
    created_by     text        not null,
    changed_at     timestamptz not null,
    constraint groups_pkey primary key (tenant_id, group_id),
    constraint groups_kind_key unique (tenant_id, group_id, kind),
    constraint groups_community_id_check check (kind = 'team' or community_id is null),
    constraint groups_community_id_fkey foreign key (tenant_id, community_id, community_kind)
        references groups (tenant_id, group_id, kind)
);
-- Lists are by kind, and those of teams by community, in the order of making.
create index groups_kind_index on groups (tenant_id, kind, group_id);
create index groups_community_id_index on groups (tenant_id, community_id, group_id);
call usher.protect_tenant_table('groups');

-- Who is, was or wants to be in a group. Rows stay: who was declined or removed is known.
create table group_members (
    tenant_id  uuid        not null default usher.current_tenant(),
    group_id   uuid        not null,
    user_id    uuid        not null,
    -- What was done last. That the membership in the tenant is paused, or the group archived, is not written here.
    status     text        not null constraint group_members_status_check
        check (status in ('active', 'pending', 'declined', 'removed', 'left')),
    -- What the person is there, for people to read; it gives no right.
    role_hint  text        not null constraint group_members_role_hint_check check (role_hint ~ '^([a-z][a-z0-9_.-]{0,62})?$'),
    since      timestamptz not null,
    -- Who brought it to its status, as audit rows name an actor.
    changed_by text        not null,
    constraint group_members_pkey primary key (tenant_id, group_id, user_id),
    constraint group_members_group_id_fkey foreign key (tenant_id, group_id) references groups (tenant_id, group_id),
    constraint group_members_user_id_fkey foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);
-- Members of a group are listed by status, and the groups of a person by what still counts.
create index group_members_status_index on group_members (tenant_id, group_id, status, user_id);
create index group_members_user_id_index on group_members (tenant_id, user_id, group_id)
    where status in ('active', 'pending');
call usher.protect_tenant_table('group_members');
