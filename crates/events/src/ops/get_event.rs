//! Shows one event.

use kernel::{EventId, TenantId};

use crate::{App, Error, Result, domain::Event, store};

/// The tenant's event of this id; another tenant's is missing.
pub(crate) async fn get_event(app: &App, tenant_id: TenantId, event_id: EventId) -> Result<Event> {
    let mut tx = app.db.tenant(tenant_id, "get_event").await?;
    let event = store::event(&mut tx, event_id).await?.ok_or(Error::EventNotFound)?;
    tx.commit().await?;
    Ok(event)
}
