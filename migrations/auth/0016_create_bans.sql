-- Sources that are not served: networks, and domains of addresses that sign up. They belong to the platform and so to no
-- tenant. A ban that ended stays for a while, so that the next one of the same source can be longer.
create table bans (
    ban_id     uuid        not null,
    kind       text        not null constraint bans_kind_check check (kind in ('network', 'domain')),
    -- A network in its one spelling (192.0.2.0/24), or a domain as addresses have it.
    source     text        not null constraint bans_source_check check (length(source) between 3 and 253),
    reason     text        not null constraint bans_reason_check check (length(reason) between 1 and 200),
    -- Made by the platform itself, after too many refusals.
    automatic  boolean     not null,
    -- How many automatic bans in a row this is.
    strikes    integer     not null default 0 constraint bans_strikes_check check (strikes >= 0),
    created_at timestamptz not null,
    -- Who, as audit rows name an actor.
    created_by text        not null,
    -- Null for one that holds until it is lifted.
    expires_at timestamptz,
    lifted_at  timestamptz,
    constraint bans_pkey primary key (ban_id),
    constraint bans_automatic_check check (not automatic or expires_at is not null)
);
-- A source has one ban; a later one takes its place.
create unique index bans_kind_source_key on bans (kind, source) where lifted_at is null;
create index bans_expires_at_index on bans (expires_at);

-- Refusals by source within an hour: one count for all processes. Digests: the table names nobody.
create table refusals (
    source   bytea       not null constraint refusals_source_check check (length(source) = 32),
    refused  integer     not null constraint refusals_refused_check check (refused > 0),
    began_at timestamptz not null,
    constraint refusals_pkey primary key (source)
);
create index refusals_began_at_index on refusals (began_at);

-- Whether anybody signed in from a source is asked for a source alone.
create index known_sources_source_index on known_sources (source);
