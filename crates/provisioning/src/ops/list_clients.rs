//! Lists the tenant's clients.

use kernel::{ClientId, Cx, Page, PageSize};

use super::tenant_of;
use crate::{
    App, Result,
    domain::{Client, Stage},
    store,
};

/// The clients after `after`, oldest first, of one stage or of any.
pub(crate) async fn list_clients(
    app: &App,
    cx: &Cx,
    stage: Option<Stage>,
    size: PageSize,
    after: Option<ClientId>,
) -> Result<Page<Client>> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "list_clients").await?;
    let now = app.clock.now();
    let rows = store::list_clients(&mut tx, stage, after, size.fetch(), now).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |client| client.client_id.to_string()))
}
