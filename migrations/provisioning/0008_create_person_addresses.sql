-- Addresses that people moved to, as the user service said last. People are global, so this belongs to no tenant; whoever
-- never moved has no row. It outlives the fact, so that a client who turns out to be the person later follows as well.
create table person_addresses (
    user_id uuid   not null,
    -- Of two words of the user service the one of the higher version is the later.
    version bigint not null,
    -- Null once the person was erased: then nothing that is heard late brings it back.
    email   text   constraint person_addresses_email_check check (length(email) between 3 and 254),
    constraint person_addresses_pkey primary key (user_id)
);

-- A person's clients are looked for when they move, are erased, or ask for their data.
create index clients_user_id_index on clients (user_id);
