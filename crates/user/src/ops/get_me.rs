//! Shows the person who calls.

use kernel::{Cx, TenantId};

use crate::{App, Error, Result, domain::Person, store};

/// The acting person, and whether they have shown that they read the mail of their address.
pub(crate) async fn get_me(app: &App, cx: &Cx) -> Result<(Person, bool)> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(cx.tenant.unwrap_or(TenantId::PLATFORM), "get_me").await?;
    let person = store::person(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    let proven = store::is_address_proven(&mut tx, me).await?;
    tx.commit().await?;
    Ok((person, proven))
}
