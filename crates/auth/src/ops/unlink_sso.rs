//! Shows a person who they are at the providers of tenants, and undoes it.

use kernel::{Cx, SessionId, TenantId, UserId};

use super::require_fresh::{require_fresh, require_session};
use crate::{
    App, Error, Result,
    domain::{ConnectionId, Linked, SsoRefusal},
    store,
};

/// Why links are read and undone over all tenants.
const LINKS: &str = "people are linked at the providers of any tenant";

/// The person's links, the oldest first.
pub(crate) async fn list_sso_links(app: &App, user_id: UserId) -> Result<Vec<Linked>> {
    let mut tx = app.db.platform("list_sso_links", LINKS).await?;
    let links = store::sso_links(&mut tx, user_id).await?;
    tx.commit().await?;
    Ok(links)
}

/// Undoes a link, with the person's sessions that the provider opened.
pub(crate) async fn unlink_sso(
    app: &App,
    cx: &Cx,
    of: (UserId, SessionId),
    connection_id: ConnectionId,
) -> Result<()> {
    require_session(cx)?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "prove_unlink").await?;
    require_fresh(&mut tx, of.0, of.1, now).await?;
    tx.commit().await?;
    let mut tx = app.db.platform("unlink_sso", LINKS).await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    if !store::delete_identity(&mut tx, of.0, connection_id).await? {
        return Err(Error::Sso(SsoRefusal::NotFound));
    }
    store::end_sso_sessions(&mut tx, of.0, connection_id, now).await?;
    let target = format!("user:{} sso:{connection_id}", of.0);
    bus::audit(&mut tx, cx, "sso.unlink", &target).await?;
    tx.commit().await?;
    Ok(())
}
