//! What this service does, one use case per file.

mod create_event;
mod get_event;
mod list_events;

pub(crate) use create_event::{CreateEvent, create_event};
pub(crate) use get_event::get_event;
pub(crate) use list_events::{Overlap, list_events};
