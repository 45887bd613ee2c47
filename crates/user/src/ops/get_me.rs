//! Shows the person who calls.

use kernel::{Cx, TenantId};

use crate::{App, Error, Result, domain::Person, store};

/// The acting person.
pub(crate) async fn get_me(app: &App, cx: &Cx) -> Result<Person> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(cx.tenant.unwrap_or(TenantId::PLATFORM), "get_me").await?;
    let person = store::person(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    tx.commit().await?;
    Ok(person)
}
