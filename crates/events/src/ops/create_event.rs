//! Creates an event.

use aws_lc_rs::digest::{Context, SHA256};
use kernel::{Cx, EventId, TenantId};
use pg::replies::{self, Known};
use uuid::Uuid;
use wire::{events::v1::EventCreated, timestamp};

use crate::{
    App, Error, Result,
    domain::{Description, Event, Location, Span, Title},
    store,
};

/// The name under which replies are kept.
const OPERATION: &str = "CreateEvent";

/// The wish for an event.
#[derive(Debug)]
pub(crate) struct CreateEvent {
    pub(crate) title: Title,
    pub(crate) description: Description,
    pub(crate) span: Span,
    pub(crate) location: Location,
}

/// Creates an event, once for an idempotency key: events never change, so its id is the reply to keep.
pub(crate) async fn create_event(
    app: &App,
    cx: &Cx,
    tenant_id: TenantId,
    command: CreateEvent,
) -> Result<Event> {
    let created_by = cx.user().ok_or(Error::PersonNeeded)?;
    let mut tx = app.db.tenant(tenant_id, "create_event").await?;
    match replies::recall(&mut tx, cx, OPERATION, &command.fingerprint()).await? {
        Known::Nothing => {}
        Known::Other => return Err(Error::IdempotencyKeyReused),
        Known::Reply(reply) => {
            let event_id = Uuid::from_slice(&reply).map_err(|_| Error::EventNotFound)?;
            let event = store::event(&mut tx, event_id.into()).await?;
            tx.commit().await?;
            return event.ok_or(Error::EventNotFound);
        }
    }
    let event = Event {
        event_id: app.clock.new_id::<EventId>(),
        title: command.title,
        description: command.description,
        starts_at: command.span.starts_at(),
        ends_at: command.span.ends_at(),
        location: command.location,
        created_by,
        created_at: app.clock.now(),
    };
    store::insert_event(&mut tx, tenant_id, &event).await?;
    let target = format!("event:{}", event.event_id);
    bus::audit(&mut tx, cx, "event.create", &target).await?;
    let fact = EventCreated {
        event_id: event.event_id.to_string(),
        title: event.title.to_string(),
        starts_at: Some(timestamp(event.starts_at)),
        ends_at: Some(timestamp(event.ends_at)),
        created_by: event.created_by.to_string(),
    };
    bus::emit(&mut tx, cx, event.event_id.uuid(), &fact).await?;
    replies::keep(&mut tx, cx, OPERATION, event.event_id.uuid().as_bytes()).await?;
    tx.commit().await?;
    Ok(event)
}

impl CreateEvent {
    /// A digest of the wish. Each field is preceded by its length, so that no two wishes read the same.
    fn fingerprint(&self) -> Vec<u8> {
        let mut digest = Context::new(&SHA256);
        for field in [
            self.title.as_str(),
            self.description.as_str(),
            &self.span.starts_at().to_string(),
            &self.span.ends_at().to_string(),
            self.location.as_str(),
        ] {
            digest.update(&field.len().to_be_bytes());
            digest.update(field.as_bytes());
        }
        digest.finish().as_ref().to_vec()
    }
}
