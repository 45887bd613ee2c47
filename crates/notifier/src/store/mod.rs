//! The only SQL of this service.

mod messages;
mod recipient_records;

pub(crate) use messages::{
    erase_recipient, insert_message, list_messages, lock_message, mark_bounced, mark_failed,
    mark_sent, mark_waiting, message, tenant_of_message,
};
pub(crate) use recipient_records::recipient_record;
