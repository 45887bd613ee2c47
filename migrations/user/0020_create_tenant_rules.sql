-- What this service needs of a tenant's settings, copied from the facts of the tenant service; without a row the
-- platform's own values hold.
create table tenant_rules (
    tenant_id              uuid    not null default usher.current_tenant(),
    -- That of the settings: an older fact changes nothing.
    version                bigint  not null,
    -- Who may be invited; empty for anybody.
    allowed_email_domains  text[]  not null,
    -- Whether the maker of an invitation may be shown its link.
    invitation_links_shown boolean not null,
    constraint tenant_rules_pkey primary key (tenant_id)
);
call usher.protect_tenant_table('tenant_rules');

-- The plan limits seats: which change of the tenant's limits was followed last.
alter table seats add column plan_epoch bigint not null default 0;
