//! Lists what happened to one invitation.

use kernel::{InviteId, TenantId};

use crate::{App, Error, Result, domain::InviteEvent, store};

/// All steps of the invitation's life, the first one first.
pub(crate) async fn list_invite_events(
    app: &App,
    tenant: TenantId,
    id: InviteId,
) -> Result<Vec<InviteEvent>> {
    let mut tx = app.db.tenant(tenant, "list_invite_events").await?;
    store::invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    let events = store::list_invite_events(&mut tx, id).await?;
    tx.commit().await?;
    Ok(events)
}
