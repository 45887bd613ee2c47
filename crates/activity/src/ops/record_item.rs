//! Writes an item of the feed.

use kernel::{ActivityId, FactId, TenantId, Timestamp};

use crate::{App, Result, domain::Item, store};

/// What a fact gave to tell.
#[derive(Debug)]
pub(crate) struct RecordItem {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) source: FactId,
    pub(crate) occurred_at: Timestamp,
}

/// Writes the item of a fact; one that stands already is a success. Its key takes the place of the inbox and, unlike
/// that, remembers for ever: a replay of old facts adds nothing.
pub(crate) async fn record_item(app: &App, tenant_id: TenantId, command: RecordItem) -> Result<()> {
    let item = Item {
        activity_id: app.clock.new_id::<ActivityId>(),
        kind: command.kind,
        text: command.text,
        source: command.source,
        occurred_at: command.occurred_at,
    };
    let mut tx = app.db.tenant(tenant_id, "record_item").await?;
    store::insert_item(&mut tx, tenant_id, &item).await?;
    tx.commit().await?;
    Ok(())
}
