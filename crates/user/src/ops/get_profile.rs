//! Shows the caller's own profile.

use kernel::{Cx, TenantId};

use crate::{App, Error, Result, domain::Profile, store};

/// What the acting person says of themselves.
pub(crate) async fn get_profile(app: &App, cx: &Cx) -> Result<Profile> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_profile").await?;
    let profile = store::profile(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    tx.commit().await?;
    Ok(profile)
}
