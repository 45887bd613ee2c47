//! Lists incidents.

use kernel::{IncidentId, Page, PageSize};

use crate::{
    App, Result,
    domain::Incident,
    store::{self, Which},
};

/// The incidents before `before`, newest first.
pub(crate) async fn list_incidents(
    app: &App,
    which: Which,
    size: PageSize,
    before: Option<IncidentId>,
) -> Result<Page<Incident>> {
    let mut tx = app.db.platform("list_incidents", "incidents are the platform's").await?;
    let rows = store::list_incidents(&mut tx, which, before, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |incident| incident.incident_id.to_string()))
}
