//! Shows the caller's newest wish for another address.

use kernel::{Cx, TenantId};

use crate::{
    App, Error, Result,
    domain::{EmailChange, EmailRefusal},
    store,
};

/// The wish, whatever became of it.
pub(crate) async fn get_email_change(app: &App, cx: &Cx) -> Result<EmailChange> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_email_change").await?;
    let newest = store::newest_email_change(&mut tx, me).await?;
    tx.commit().await?;
    Ok(newest.ok_or(EmailRefusal::NotFound)?)
}
