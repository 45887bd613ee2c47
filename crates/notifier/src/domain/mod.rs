//! What this service knows.

mod message;

pub(crate) use message::{Channel, Message, Reason, Side, Status, Template, Way};
