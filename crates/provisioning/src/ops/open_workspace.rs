//! What a step sends to the backend: the spreadsheet, its owner and the token in the clear.

use kernel::{ClientId, Cx, Email};
use secrecy::ExposeSecret;

use super::tenant_of;
use crate::{
    App, Error, Result,
    domain::{SpreadsheetId, WbToken},
    store,
};

/// The vault's word for the marketplace token of a client.
pub(super) const TOKEN: &str = "wb_token";

/// A client's workspace as the backend is told of it.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) owner: Email,
    pub(crate) spreadsheet_id: SpreadsheetId,
    /// None where none was given yet. (What was sealed was checked before, so it is a token.)
    pub(crate) token: Option<WbToken>,
}

/// Reads a client's workspace; the opening of the token is journaled.
pub(crate) async fn open_workspace(app: &App, cx: &Cx, id: ClientId) -> Result<Workspace> {
    let tenant = tenant_of(cx)?;
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "open_workspace").await?;
    let client = store::client(&mut tx, id, app.clock.now()).await?.ok_or(Error::ClientNotFound)?;
    let token = match store::sealed_token(&mut tx, id).await? {
        Some(sealed) => Some(app.vault.open(&mut tx, cx, TOKEN, id.uuid(), &sealed).await?),
        None => None,
    };
    tx.commit().await?;
    Ok(Workspace {
        owner: client.owner_email.unwrap_or(client.email),
        spreadsheet_id: client.spreadsheet_id,
        token: token.and_then(|token| WbToken::parse(token.expose_secret()).ok()),
    })
}
