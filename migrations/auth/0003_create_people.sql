-- What the user service said last of a person. Whoever it never changed has no row and may sign in. Outlives credentials
-- and sessions, so that words that come late change nothing.
create table people (
    user_id uuid    not null,
    -- Of two words of the user service the one of the higher version is the later.
    version bigint  not null,
    -- Whether nobody signs in as this person.
    closed  boolean not null,
    constraint people_pkey primary key (user_id)
);
