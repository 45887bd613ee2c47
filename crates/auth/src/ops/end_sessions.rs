//! Ends a person's sessions, all or all but one.

use kernel::{Cx, SessionId, TenantId, UserId};
use pg::TenantTx;
use wire::auth::v1::SessionsEnded;

use super::tell_apps::{Ending, tell_apps};
use crate::{App, Result, domain::EndCause, store};

/// Whose sessions end, which stays, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndSessions {
    pub(crate) user_id: UserId,
    pub(crate) kept: Option<SessionId>,
    pub(crate) cause: EndCause,
}

/// Ends them and tells it once; how many ended.
pub(crate) async fn end_sessions(app: &App, cx: &Cx, command: EndSessions) -> Result<i32> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "end_sessions").await?;
    store::lock_person(&mut tx, command.user_id).await?;
    let ended = end_sessions_in(&mut tx, app, cx, command).await?;
    tx.commit().await?;
    Ok(ended)
}

/// The same in the transaction of what ends them; the person is locked.
pub(super) async fn end_sessions_in(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    command: EndSessions,
) -> Result<i32> {
    let EndSessions { user_id, kept, cause } = command;
    tell_apps(tx, app, cx, user_id, Ending::All(kept)).await?;
    let ended = store::end_sessions(tx, user_id, kept, app.clock.now()).await?;
    let ended = i32::try_from(ended).unwrap_or(i32::MAX);
    if ended > 0 {
        let action = if kept.is_some() { "session.end_others" } else { "session.end_all" };
        bus::audit(tx, cx, action, &format!("user:{user_id} cause {cause}")).await?;
        let fact = SessionsEnded { user_id: user_id.to_string(), cause: cause.to_string(), ended };
        bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    }
    Ok(ended)
}
