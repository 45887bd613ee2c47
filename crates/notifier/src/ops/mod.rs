//! What this service does, one use case per file.

mod get_message;
mod list_messages;
mod queue_message;
mod send_message;
mod settle_message;

pub(crate) use get_message::get_message;
pub(crate) use list_messages::list_messages;
pub(crate) use queue_message::{QueueMessage, queue_message};
pub(crate) use send_message::{SendMessage, Unsent, send_message};
pub(crate) use settle_message::{give_up_message, postpone_message, settle_message};
