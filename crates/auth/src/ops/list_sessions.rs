//! Lists a person's live sessions.

use kernel::{Page, PageSize, SessionId, UserId};

use crate::{App, Result, domain::Session, store};

/// The sessions after `after`, oldest first.
pub(crate) async fn list_sessions(
    app: &App,
    user_id: UserId,
    size: PageSize,
    after: Option<SessionId>,
) -> Result<Page<Session>> {
    let mut tx = app
        .db
        .platform("list_sessions", "sessions are global: one serves all tenants of its person")
        .await?;
    let rows = store::list_sessions(&mut tx, user_id, app.clock.now(), after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |session| session.session_id.to_string()))
}
