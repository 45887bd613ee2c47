//! What this service knows.

mod event;
mod text;

pub(crate) use event::{Event, Span};
pub(crate) use text::{Description, Location, Title};
