//! Lists the tenant's invitations.

use kernel::{InviteId, Page, PageSize, TenantId};

use crate::{
    App, Result,
    domain::{Invite, InviteStatus},
    store,
};

/// The invitations after `after`, oldest first; with `status`, those that stand so now.
pub(crate) async fn list_invites(
    app: &App,
    tenant: TenantId,
    status: Option<InviteStatus>,
    size: PageSize,
    after: Option<InviteId>,
) -> Result<Page<Invite>> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "list_invites").await?;
    let rows = store::list_invites(&mut tx, status, now, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |invite| invite.invite_id.to_string()))
}
