//! Lists the links that many may come in by.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::JoinLink, store};

/// The links after `after`, oldest first.
pub(crate) async fn list_join_links(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<JoinLink>> {
    let mut tx = app.db.tenant(tenant, "list_join_links").await?;
    let links = store::list_join_links(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(links, size, |link| link.join_link_id.to_string()))
}
