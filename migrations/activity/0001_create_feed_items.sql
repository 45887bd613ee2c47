-- What happened in a tenant, in sentences for people. One item for a fact, however often the fact is heard.
create table feed_items (
    tenant_id   uuid        not null,
    activity_id uuid        not null,
    kind        text        not null constraint feed_items_kind_check check (kind <> ''),
    text        text        not null constraint feed_items_text_check check (text <> ''),
    source      uuid        not null,
    occurred_at timestamptz not null,
    constraint feed_items_pkey primary key (tenant_id, activity_id),
    constraint feed_items_source_key unique (tenant_id, source)
);
call usher.protect_tenant_table('feed_items');

-- The feed: newest first, by when it happened and not by when it was heard.
create index feed_items_occurred_at_idx on feed_items (tenant_id, occurred_at desc, activity_id desc);
