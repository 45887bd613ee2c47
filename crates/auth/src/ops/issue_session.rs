//! Issues a session without a password, for the operator of the machine itself.

use kernel::{Cx, TenantId, UserId};

use crate::{
    App, Result,
    domain::{Session, Token, Ttl},
    ops::open_session,
};

/// The wish for a session.
#[derive(Debug)]
pub(crate) struct IssueSession {
    pub(crate) user_id: UserId,
    pub(crate) ttl: Ttl,
}

/// Opens a session for a person.
pub(crate) async fn issue_session(
    app: &App,
    cx: &Cx,
    command: IssueSession,
) -> Result<(Session, Token)> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "issue_session").await?;
    let opened =
        open_session(&mut tx, cx, &app.clock, command.user_id, command.ttl, "session.issue")
            .await?;
    tx.commit().await?;
    Ok(opened)
}
