//! Says what a person may do through a session; what the ways to tokens have in common.

use kernel::{Cx, SessionId, TenantId, UserId};

use crate::{
    App, Result,
    domain::Method,
    peers::{self, Rights},
    store,
};

/// The person's rights in the tenant. Where a provider of the tenant opened the session, what the person holds on the
/// platform does not count.
pub(super) async fn session_rights(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    (user_id, session_id): (UserId, SessionId),
) -> Result<Rights> {
    let mut tx = app.db.tenant(tenant, "find_session").await?;
    let session = store::session(&mut tx, user_id, session_id).await?;
    tx.commit().await?;
    if session.is_some_and(|session| session.method == Method::Sso) {
        return peers::rights_here(app, cx, user_id, tenant).await;
    }
    peers::rights(app, cx, user_id, tenant).await
}
