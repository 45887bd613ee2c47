-- What a tenant decides for itself; without a row the platform's own values hold. The language stays where it was, on the
-- tenant's own row. The version counts the changes: whoever changes says which one was read.
create table settings (
    tenant_id                uuid        not null default usher.current_tenant(),
    version                  bigint      not null constraint settings_version_check check (version > 0),
    time_zone                text        not null
        constraint settings_time_zone_check check (length(time_zone) between 1 and 64),
    -- When a day of business begins, as HH:MM in the time zone.
    day_border               text        not null
        constraint settings_day_border_check check (day_border ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    -- Who may be invited; empty for anybody.
    allowed_email_domains    text[]      not null
        constraint settings_allowed_email_domains_check check (cardinality(allowed_email_domains) <= 100),
    mfa_required             boolean     not null,
    password_min_length      integer     not null
        constraint settings_password_min_length_check check (password_min_length between 15 and 64),
    session_idle_minutes     integer     not null
        constraint settings_session_idle_minutes_check check (session_idle_minutes between 5 and 43200),
    session_absolute_minutes integer     not null
        constraint settings_session_absolute_minutes_check check (session_absolute_minutes between 15 and 43200),
    -- Whether the maker of an invitation may be shown its link; otherwise it is only mailed.
    invitation_links_shown   boolean     not null,
    set_at                   timestamptz not null,
    -- Who, as audit rows name an actor.
    set_by                   text        not null,
    constraint settings_pkey primary key (tenant_id),
    constraint settings_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint settings_session_check check (session_idle_minutes <= session_absolute_minutes)
);
call usher.protect_tenant_table('settings');

-- How a tenant looks; without a row as the platform does.
create table brandings (
    tenant_id     uuid        not null default usher.current_tenant(),
    version       bigint      not null constraint brandings_version_check check (version > 0),
    -- Empty for the tenant's own name, and for no logo.
    name          text        not null constraint brandings_name_check check (length(name) <= 120),
    logo_url      text        not null
        constraint brandings_logo_url_check check (logo_url = '' or logo_url like 'https://_%' and length(logo_url) <= 2048),
    primary_color text        not null
        constraint brandings_primary_color_check check (primary_color ~ '^#[0-9a-f]{6}$'),
    -- The colour of text upon it.
    primary_text  text        not null
        constraint brandings_primary_text_check check (primary_text in ('black', 'white')),
    accent_color  text        not null
        constraint brandings_accent_color_check check (accent_color ~ '^#[0-9a-f]{6}$'),
    accent_text   text        not null
        constraint brandings_accent_text_check check (accent_text in ('black', 'white')),
    set_at        timestamptz not null,
    set_by        text        not null,
    constraint brandings_pkey primary key (tenant_id),
    constraint brandings_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id)
);
call usher.protect_tenant_table('brandings');
