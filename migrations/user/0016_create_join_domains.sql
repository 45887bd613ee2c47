-- Domains whose people may join a tenant, or ask to.
create table join_domains (
    tenant_id uuid        not null default usher.current_tenant(),
    domain    text        not null constraint join_domains_domain_check check (domain = lower(domain) and length(domain) <= 253),
    way       text        not null constraint join_domains_way_check check (way in ('join', 'ask')),
    role      text        not null constraint join_domains_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$'),
    -- Who set it and answers for the role, as audit rows name an actor.
    set_by    text        not null,
    set_at    timestamptz not null,
    constraint join_domains_pkey primary key (tenant_id, domain)
);
-- A person finds the tenants of their domain.
create index join_domains_domain_index on join_domains (domain, tenant_id);
call usher.protect_tenant_table('join_domains');

-- Somebody of such a domain asked to join.
create table join_requests (
    tenant_id  uuid        not null default usher.current_tenant(),
    request_id uuid        not null,
    user_id    uuid        not null constraint join_requests_user_id_fkey references users (user_id),
    role       text        not null constraint join_requests_role_check check (role ~ '^[a-z][a-z0-9_.-]{1,62}$'),
    message    text        not null constraint join_requests_message_check check (length(message) <= 500),
    status     text        not null
        constraint join_requests_status_check check (status in ('pending', 'approved', 'declined')),
    asked_at   timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    constraint join_requests_pkey primary key (tenant_id, request_id),
    constraint join_requests_decided_at_check check ((decided_at is null) = (status = 'pending'))
);
-- Nobody asks twice at a time.
create unique index join_requests_tenant_id_user_id_key on join_requests (tenant_id, user_id) where status = 'pending';
create index join_requests_user_id_index on join_requests (tenant_id, user_id, asked_at);
call usher.protect_tenant_table('join_requests');
