-- A link that many may come in by. Its secret is never stored, only its SHA-256. Whoever uses it locks the row first.
create table join_links (
    tenant_id     uuid        not null default usher.current_tenant(),
    join_link_id  uuid        not null,
    token_hash    bytea       not null constraint join_links_token_hash_check check (length(token_hash) = 32),
    title         text        not null constraint join_links_title_check check (length(title) <= 120),
    roles         text[]      not null constraint join_links_roles_check check (cardinality(roles) between 1 and 10),
    scope_type    text        not null
        constraint join_links_scope_type_check check (scope_type in ('tenant', 'community', 'team', 'resource')),
    scope_id      text        not null constraint join_links_scope_id_check
        check (length(scope_id) <= 200 and (scope_id = '') = (scope_type = 'tenant')),
    -- Empty admits addresses of any domain.
    email_domains text[]      not null
        constraint join_links_email_domains_check check (cardinality(email_domains) <= 20),
    most_uses     integer     not null constraint join_links_most_uses_check check (most_uses between 1 and 10000),
    uses          integer     not null default 0,
    -- Who made it and answers for its roles, as audit rows name an actor.
    created_by    text        not null,
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    constraint join_links_pkey primary key (tenant_id, join_link_id),
    constraint join_links_tenant_id_token_hash_key unique (tenant_id, token_hash),
    constraint join_links_uses_check check (uses between 0 and most_uses)
);
call usher.protect_tenant_table('join_links');

-- Which addresses used a link: each once, however often it is given.
create table join_link_uses (
    tenant_id    uuid        not null default usher.current_tenant(),
    join_link_id uuid        not null,
    email        text        not null,
    used_at      timestamptz not null,
    constraint join_link_uses_pkey primary key (tenant_id, join_link_id, email),
    constraint join_link_uses_join_link_id_fkey foreign key (tenant_id, join_link_id)
        references join_links (tenant_id, join_link_id)
);
call usher.protect_tenant_table('join_link_uses');
