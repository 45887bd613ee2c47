//! Shows what the marketplace tokens of people say of themselves.

use kernel::{Cx, UserId};
use secrecy::ExposeSecret;

use super::{ask_account::ask_account, list_sheets::visible, open_workspace::TOKEN, tenant_of};
use crate::{
    App, Error, Result,
    domain::{Claims, SpreadsheetId, TokenView, WbToken},
    store,
};

/// The tokens of a person, or of those who hold a spreadsheet. Every opening is journaled.
pub(crate) async fn list_sheet_tokens(
    app: &App,
    cx: &Cx,
    who: Option<&str>,
    sheet: Option<&SpreadsheetId>,
) -> Result<Vec<TokenView>> {
    let people = match who {
        Some(who) => vec![ask_account(app, cx, who).await?.user_id],
        None => holders(app, cx, sheet).await?,
    };
    let now = app.clock.now();
    let tenant = tenant_of(cx)?;
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "list_sheet_tokens").await?;
    let mut views = Vec::new();
    for stored in store::stored_tokens(&mut tx, &people).await? {
        let id = stored.client_id.uuid();
        let secret = app.vault.open(&mut tx, cx, TOKEN, id, &stored.sealed).await?;
        // What was sealed was a token; should a later rule refuse it, there is nothing to show.
        let Ok(token) = WbToken::parse(secret.expose_secret()) else {
            continue;
        };
        views.push(TokenView {
            client_id: stored.client_id,
            hint: stored.hint,
            claims: Claims::of(&token),
            spreadsheet_id: stored.spreadsheet_id,
            client_legacy_id: stored.legacy_id,
            is_active: token.is_alive(now),
        });
    }
    tx.commit().await?;
    Ok(views)
}

async fn holders(app: &App, cx: &Cx, sheet: Option<&SpreadsheetId>) -> Result<Vec<UserId>> {
    let held = visible(app, cx, &[], sheet).await?;
    if held.is_empty() {
        return Err(Error::WorkspaceNotFound);
    }
    Ok(held.into_iter().map(|workspace| workspace.user_id).collect())
}
