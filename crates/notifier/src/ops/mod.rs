//! What this service does, one use case per file.

mod erase_recipient;
mod export_recipient;
mod follow_tenant;
mod get_message;
mod list_messages;
mod queue_messages;
mod queue_sign_up;
mod report_bounce;
mod send_message;
mod settle_message;
mod write_email_change;
mod write_entry;
mod write_invitation;
mod write_sign_up;

pub(crate) use erase_recipient::erase_recipient;
pub(crate) use export_recipient::export_recipient;
pub(crate) use follow_tenant::follow_tenant;
pub(crate) use get_message::get_message;
pub(crate) use list_messages::list_messages;
pub(crate) use queue_messages::{QueueMessage, queue_messages};
pub(crate) use queue_sign_up::queue_sign_up;
pub(crate) use report_bounce::report_bounce;
pub(crate) use send_message::{SendMessage, Unsent, send_message};
pub(crate) use settle_message::{
    bounce_message, give_up_message, postpone_message, settle_message,
};
