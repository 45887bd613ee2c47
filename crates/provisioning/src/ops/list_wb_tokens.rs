//! Lists the tokens that a client has had.

use kernel::{ClientId, Cx};

use super::tenant_of;
use crate::{
    App, Error, Result,
    store::{self, KnownToken},
};

/// The tokens, the newest first; never a token itself.
pub(crate) async fn list_wb_tokens(app: &App, cx: &Cx, id: ClientId) -> Result<Vec<KnownToken>> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "list_wb_tokens").await?;
    store::client(&mut tx, id, app.clock.now()).await?.ok_or(Error::ClientNotFound)?;
    let tokens = store::list_known(&mut tx, id).await?;
    tx.commit().await?;
    Ok(tokens)
}
