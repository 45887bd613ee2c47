//! Issues a session without a password, for the operator of the machine itself.

use kernel::{Cx, TenantId, UserId};

use super::open_session::{OpenSession, open_session};
use crate::{
    App, Result,
    domain::{Method, Session, Token, Ttl},
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
    let IssueSession { user_id, ttl } = command;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "issue_session").await?;
    let wish = OpenSession {
        user_id,
        method: Method::Issued,
        ttl,
        second_factor_at: None,
        proven_at: None,
        action: "session.issue",
    };
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tx.commit().await?;
    Ok(opened)
}
