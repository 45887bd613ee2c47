-- A letter may come back: at once, or in a report of a mail system, which names the letter and no tenant.
alter table messages
    drop constraint messages_status_check,
    add constraint messages_status_check check (status in ('queued', 'sent', 'bounced', 'failed')),
    drop constraint messages_sent_at_check,
    add constraint messages_sent_at_check check (status = 'bounced' or (status = 'sent') = (sent_at is not null));
create index messages_message_id_index on messages (message_id);
