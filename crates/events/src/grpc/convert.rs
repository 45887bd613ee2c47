//! Domain values as wire messages.

use wire::{events::v1 as proto, timestamp};

use crate::domain::Event;

impl From<&Event> for proto::Event {
    fn from(event: &Event) -> Self {
        Self {
            event_id: event.event_id.to_string(),
            title: event.title.to_string(),
            description: event.description.to_string(),
            starts_at: Some(timestamp(event.starts_at)),
            ends_at: Some(timestamp(event.ends_at)),
            location: event.location.to_string(),
            created_by: event.created_by.to_string(),
            created_at: Some(timestamp(event.created_at)),
        }
    }
}
