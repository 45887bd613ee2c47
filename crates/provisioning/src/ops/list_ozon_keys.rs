//! Shows what is kept of a person's keys at Ozon.

use kernel::Cx;

use super::{ask_account::ask_account, tenant_of};
use crate::{App, Result, domain::OzonKeyView, store};

/// The keys of a person: an id, a number or an address, and the caller where it is empty. No secret is opened.
pub(crate) async fn list_ozon_keys(app: &App, cx: &Cx, who: &str) -> Result<Vec<OzonKeyView>> {
    let owner = ask_account(app, cx, who).await?.user_id;
    let mut tx = app.db.tenant(tenant_of(cx)?, "list_ozon_keys").await?;
    let found = store::list_ozon_keys(&mut tx, owner).await?;
    tx.commit().await?;
    Ok(found)
}
