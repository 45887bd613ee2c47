//! Ends a link that many may come in by.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::user::v1::JoinLinkRevoked;

use crate::{
    App, Result,
    domain::{Hindrance, JoinLink},
    store,
};

/// Ends the link; whoever used it before keeps what they got. Doing it twice changes nothing.
pub(crate) async fn revoke_join_link(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
) -> Result<JoinLink> {
    let mut tx = app.db.tenant(tenant, "revoke_join_link").await?;
    let link = store::lock_join_link(&mut tx, id).await?.ok_or(Hindrance::JoinLinkNotFound)?;
    if link.revoked_at.is_some() {
        return Ok(link);
    }
    let now = app.clock.now();
    store::revoke_join_link(&mut tx, id, now).await?;
    bus::audit(&mut tx, cx, "join_link.revoke", &format!("join_link:{id}")).await?;
    bus::emit(&mut tx, cx, id, &JoinLinkRevoked { join_link_id: id.to_string() }).await?;
    tx.commit().await?;
    Ok(JoinLink { revoked_at: Some(now), ..link })
}
