//! Lists the tenant's invitations.

use kernel::{InviteId, Page, PageSize, TenantId};

use crate::{
    App, Result,
    domain::Invite,
    store::{self, InviteFilter},
};

/// The invitations after `after` that pass the filter now, oldest first.
pub(crate) async fn list_invites(
    app: &App,
    tenant: TenantId,
    filter: &InviteFilter,
    size: PageSize,
    after: Option<InviteId>,
) -> Result<Page<Invite>> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "list_invites").await?;
    let rows = store::list_invites(&mut tx, filter, now, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |invite| invite.invite_id.to_string()))
}
