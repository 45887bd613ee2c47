-- How often something was tried, by account and by source: one tally for all processes, counted before the try is
-- checked. Subjects are digests: the table names nobody.
create table throttles (
    kind    text        not null constraint throttles_kind_check
        check (kind in ('account', 'known', 'source', 'letters', 'letters_of_source')),
    subject bytea       not null constraint throttles_subject_check check (length(subject) = 32),
    tries   integer     not null constraint throttles_tries_check check (tries >= 0),
    last_at timestamptz not null,
    -- Before this there is no other try.
    free_at timestamptz not null,
    constraint throttles_pkey primary key (kind, subject)
);
create index throttles_last_at_index on throttles (last_at);

-- Where a person has signed in from, as digests of person and source: strangers who try elsewhere do not keep the
-- person out here.
create table known_sources (
    user_id uuid        not null,
    source  bytea       not null constraint known_sources_source_check check (length(source) = 32),
    seen_at timestamptz not null,
    constraint known_sources_pkey primary key (user_id, source)
);
create index known_sources_seen_at_index on known_sources (seen_at);
