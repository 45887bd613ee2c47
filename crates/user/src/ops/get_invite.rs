//! Shows one invitation of the tenant.

use kernel::{InviteId, TenantId};

use crate::{App, Error, Result, domain::Invite, store};

/// The invitation of this id.
pub(crate) async fn get_invite(app: &App, tenant: TenantId, id: InviteId) -> Result<Invite> {
    let mut tx = app.db.tenant(tenant, "get_invite").await?;
    let invite = store::invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    tx.commit().await?;
    Ok(invite)
}
