//! The only SQL of this service.

mod events;

pub(crate) use events::{event, insert_event, list_events};
