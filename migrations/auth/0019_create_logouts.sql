-- Where browsers go back to after signing out, and where apps are told that a session has ended (OpenID RP-Initiated
-- Logout and Back-Channel Logout).
alter table oauth_clients
    add column post_logout_redirect_uris text[] not null default '{}'
        constraint oauth_clients_post_logout_redirect_uris_check check (cardinality(post_logout_redirect_uris) <= 20),
    add column backchannel_logout_uri text,
    add column backchannel_logout_session_required boolean not null default false;

-- The apps that got tokens in a session, by their public names, which hold their tenants. Global like the sessions they
-- are about, and gone with them.
create table session_apps (
    session_id  uuid not null,
    client_name text not null constraint session_apps_client_name_check check (length(client_name) between 1 and 64),
    constraint session_apps_pkey primary key (session_id, client_name),
    constraint session_apps_session_id_fkey foreign key (session_id) references sessions (session_id) on delete cascade
);
