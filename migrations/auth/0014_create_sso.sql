-- Single sign-on: a tenant's OpenID providers, who people are there, and ways to a provider that somebody is on.
create table sso_connections (
    tenant_id     uuid        not null default usher.current_tenant(),
    connection_id uuid        not null,
    name          text        not null constraint sso_connections_name_check check (length(name) between 1 and 64),
    -- Never changes: a subject is somebody at this issuer alone.
    issuer        text        not null constraint sso_connections_issuer_check check (length(issuer) between 8 and 512),
    client_id     text        not null constraint sso_connections_client_id_check check (length(client_id) between 1 and 256),
    client_secret bytea       not null,
    -- Whose people come in at once, as long as the tenant has proven each.
    domains       text[]      not null constraint sso_connections_domains_check check (cardinality(domains) <= 20),
    role          text        not null constraint sso_connections_role_check check (role in ('client', 'user')),
    enabled       boolean     not null,
    created_at    timestamptz not null,
    constraint sso_connections_pkey primary key (tenant_id, connection_id),
    constraint sso_connections_issuer_key unique (tenant_id, issuer, client_id)
);
call usher.protect_tenant_table('sso_connections');
insert into sealed_columns (purpose, table_name, column_name, row_column)
values ('auth.sso', 'sso_connections', 'client_secret', 'connection_id');

-- Who a person is at a provider. An address is not kept: it says nothing about who somebody is.
create table sso_identities (
    tenant_id     uuid        not null default usher.current_tenant(),
    connection_id uuid        not null,
    subject       text        not null constraint sso_identities_subject_check check (length(subject) between 1 and 255),
    user_id       uuid        not null,
    linked_at     timestamptz not null,
    constraint sso_identities_pkey primary key (tenant_id, connection_id, subject),
    constraint sso_identities_user_id_key unique (tenant_id, connection_id, user_id),
    constraint sso_identities_connection_id_fkey foreign key (tenant_id, connection_id)
        references sso_connections (tenant_id, connection_id) on delete cascade
);
call usher.protect_tenant_table('sso_identities');

-- Each deleted by its use.
create table sso_journeys (
    tenant_id     uuid        not null default usher.current_tenant(),
    -- SHA-256 of what goes to the provider and comes back, and of what the browser holds meanwhile.
    state_hash    bytea       not null constraint sso_journeys_state_hash_check check (length(state_hash) = 32),
    binding_hash  bytea       not null constraint sso_journeys_binding_hash_check check (length(binding_hash) = 32),
    connection_id uuid        not null,
    -- Who links their account, and in which session; null where somebody signs in.
    user_id       uuid,
    session_id    uuid,
    expires_at    timestamptz not null,
    constraint sso_journeys_pkey primary key (tenant_id, state_hash),
    constraint sso_journeys_link_check check ((user_id is null) = (session_id is null)),
    constraint sso_journeys_connection_id_fkey foreign key (tenant_id, connection_id)
        references sso_connections (tenant_id, connection_id) on delete cascade
);
call usher.protect_tenant_table('sso_journeys');
create index sso_journeys_connection_id_index on sso_journeys (tenant_id, connection_id);
create index sso_journeys_expires_at_index on sso_journeys (expires_at);

-- Sessions that a provider opened: good in one tenant, and only while its connection is there and enabled. Global like the
-- sessions they are about.
create table sso_sessions (
    session_id    uuid not null,
    of_tenant     uuid not null,
    connection_id uuid not null,
    constraint sso_sessions_pkey primary key (session_id),
    constraint sso_sessions_session_id_fkey foreign key (session_id) references sessions (session_id) on delete cascade
);
