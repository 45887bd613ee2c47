//! Lists events.

use kernel::{EventId, Page, PageSize, TenantId, Timestamp};

use crate::{App, Result, domain::Event, store};

/// The span that listed events must touch; an open side does not bound.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overlap {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// The tenant's events that touch `overlap`, after the event `after`, soonest first.
pub(crate) async fn list_events(
    app: &App,
    tenant_id: TenantId,
    overlap: Overlap,
    size: PageSize,
    after: Option<EventId>,
) -> Result<Page<Event>> {
    let mut tx = app.db.tenant(tenant_id, "list_events").await?;
    let rows = store::list_events(&mut tx, overlap.from, overlap.to, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |event| event.event_id.to_string()))
}
