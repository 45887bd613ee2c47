//! Ends one session: the one in use, or one that its person names.

use kernel::{Cx, SessionId, TenantId, UserId};

use super::tell_apps::{Ending, tell_apps};
use crate::{App, Error, Result, store};

/// Ends the person's session; ending it again changes nothing. Another person's session is one that is not there.
pub(crate) async fn end_session(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "end_session").await?;
    store::lock_person(&mut tx, user_id).await?;
    tell_apps(&mut tx, app, cx, user_id, Ending::One(session_id)).await?;
    if store::end_session(&mut tx, user_id, session_id, app.clock.now()).await? {
        bus::audit(&mut tx, cx, "session.end", &format!("session:{session_id}")).await?;
    } else if store::session(&mut tx, user_id, session_id).await?.is_none() {
        return Err(Error::SessionNotFound);
    }
    tx.commit().await?;
    Ok(())
}
