-- Hosts of a tenant's own. Anybody may claim any: a claim keeps nobody out, a proof does.
create table domains (
    tenant_id     uuid        not null default usher.current_tenant(),
    domain_id     uuid        not null,
    -- In lower case, without a dot at the end; `*.` before it for every host one label below or deeper.
    host          text        not null constraint domains_host_check
        check (length(host) <= 253 and host ~ '^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- What the owner puts into DNS to prove it.
    token         text        not null constraint domains_token_check check (token ~ '^[0-9a-f]{32}$'),
    status        text        not null default 'pending'
        constraint domains_status_check check (status in ('pending', 'proven', 'lapsed')),
    -- How often the proof was missing without a break, of looks that lay apart, when that was counted last, and what was
    -- wrong last.
    misses        integer     not null default 0 constraint domains_misses_check check (misses >= 0),
    missed_at     timestamptz,
    problem       text        not null default '',
    proven_at     timestamptz,
    checked_at    timestamptz,
    next_check_at timestamptz not null,
    created_at    timestamptz not null,
    created_by    text        not null,
    constraint domains_pkey primary key (tenant_id, domain_id),
    constraint domains_tenant_id_host_key unique (tenant_id, host),
    constraint domains_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id)
);
call usher.protect_tenant_table('domains');
-- Only a proof is exclusive, over the whole platform.
create unique index domains_host_key on domains (host) where status = 'proven';
create index domains_next_check_at_index on domains (next_check_at);
