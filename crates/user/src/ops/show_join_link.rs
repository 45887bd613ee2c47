//! Shows where a shared link leads, as often as anybody likes.

use kernel::Cx;

use crate::{
    App, Result,
    domain::{Hindrance, JoinLink, Token},
    peers, store,
};

/// The open link and the name of its tenant; changes nothing.
pub(crate) async fn show_join_link(
    app: &App,
    cx: &Cx,
    token: &Token,
) -> Result<(JoinLink, String)> {
    let mut tx = app.db.tenant(token.tenant(), "show_join_link").await?;
    let link = store::join_link_by_token(&mut tx, &token.hash()).await?;
    tx.commit().await?;
    let link = link.ok_or(Hindrance::JoinLinkNotFound)?;
    link.works(false, app.clock.now())?;
    Ok((link, peers::tenant_name(app, cx, token.tenant()).await?))
}
