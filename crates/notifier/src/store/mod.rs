//! The only SQL of this service.

mod messages;

pub(crate) use messages::{
    erase_recipient, insert_message, list_messages, lock_message, mark_failed, mark_sent,
    mark_waiting, message,
};
