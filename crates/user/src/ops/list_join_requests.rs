//! Lists those who asked to join.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{JoinRequest, RequestStatus},
    store,
};

/// The requests after `after`, of one status when given, the first one first.
pub(crate) async fn list_join_requests(
    app: &App,
    tenant: TenantId,
    status: Option<RequestStatus>,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<JoinRequest>> {
    let mut tx = app.db.tenant(tenant, "list_join_requests").await?;
    let requests = store::list_requests(&mut tx, status, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(requests, size, |request| request.request_id.to_string()))
}
