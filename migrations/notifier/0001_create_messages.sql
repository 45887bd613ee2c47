-- Messages to people, and what became of them. Bodies are kept nowhere: they carry one-time links.
create table messages (
    tenant_id       uuid        not null,
    message_id      uuid        not null,
    channel         text        not null constraint messages_channel_check check (channel in ('email')),
    template        text        not null constraint messages_template_check check (template in ('invitation')),
    recipient       text        not null,
    locale          text        not null constraint messages_locale_check check (locale in ('en', 'ru')),
    status          text        not null default 'queued' constraint messages_status_check check (status in ('queued', 'sent', 'failed')),
    attempts        integer     not null default 0,
    -- The Message-ID header: fixed before the first attempt, so that a mail sent twice is recognised as one.
    mail_message_id text        not null,
    -- What the message is about.
    subject_kind    text        not null constraint messages_subject_kind_check check (subject_kind in ('invite')),
    subject_id      uuid        not null,
    -- Names the reason to write, so that one reason makes one message.
    dedupe_key      text        not null,
    -- Why the last attempt failed, a stable word.
    reason          text,
    created_at      timestamptz not null,
    sent_at         timestamptz,
    constraint messages_pkey primary key (tenant_id, message_id),
    constraint messages_dedupe_key_key unique (tenant_id, dedupe_key),
    constraint messages_sent_at_check check ((status = 'sent') = (sent_at is not null))
);
create index messages_subject_id_index on messages (tenant_id, subject_id, message_id);
call usher.protect_tenant_table('messages');
