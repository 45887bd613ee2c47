-- A community event of a tenant. Rows are never changed, so a page's cursor may name one.
create table community_events (
    tenant_id   uuid        not null,
    event_id    uuid        not null,
    title       text        not null constraint community_events_title_check check (length(title) between 1 and 200),
    description text        not null constraint community_events_description_check check (length(description) <= 10000),
    starts_at   timestamptz not null,
    ends_at     timestamptz not null,
    location    text        not null constraint community_events_location_check check (length(location) <= 500),
    created_by  uuid        not null,
    created_at  timestamptz not null,
    constraint community_events_pkey primary key (tenant_id, event_id),
    constraint community_events_ends_at_check check (ends_at >= starts_at)
);
call usher.protect_tenant_table('community_events');

-- The list: a tenant's events, soonest first.
create index community_events_starts_at_idx on community_events (tenant_id, starts_at, event_id);
