//! Gives the second factor up.

use kernel::{Cx, SessionId, TenantId, UserId};
use wire::auth::v1::FactorRemoved;

use super::require_fresh::require_fresh;
use crate::{App, Error, Result, store};

/// Removes the app and the recovery codes; without one there is nothing to do.
pub(crate) async fn remove_totp(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "remove_totp").await?;
    let enrolled = require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    if enrolled.is_some() {
        if store::has_short_password(&mut tx, user_id).await? {
            return Err(Error::PasswordTooShort);
        }
        store::delete_factors(&mut tx, user_id).await?;
        bus::audit(&mut tx, cx, "factor.remove", &format!("user:{user_id} totp")).await?;
        let fact = FactorRemoved { user_id: user_id.to_string(), kind: "totp".into() };
        bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    }
    tx.commit().await?;
    Ok(())
}
