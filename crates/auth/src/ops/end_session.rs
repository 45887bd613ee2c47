//! Signs out.

use kernel::{Cx, SessionId, TenantId, UserId};

use crate::{App, Result, store};

/// Ends the person's session; ending it again changes nothing.
pub(crate) async fn end_session(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "end_session").await?;
    if store::end_session(&mut tx, user_id, session_id, app.clock.now()).await? {
        bus::audit(&mut tx, cx, "session.end", &format!("session:{session_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
