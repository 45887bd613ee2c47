//! Gives the app up.

use kernel::{Cx, SessionId, TenantId, UserId};
use wire::auth::v1::FactorRemoved;

use super::require_fresh::{require_fresh, require_session};
use crate::{App, Error, Result, store};

/// Removes the app, with the recovery codes where no passkey is a second factor still; without one there is nothing to do.
pub(crate) async fn remove_totp(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<()> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "remove_totp").await?;
    require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    if store::has_totp(&mut tx, user_id).await? {
        store::delete_totp(&mut tx, user_id).await?;
        if store::enrolled_at(&mut tx, user_id).await?.is_none() {
            if store::has_short_password(&mut tx, user_id).await? {
                return Err(Error::PasswordTooShort);
            }
            store::delete_recovery_codes(&mut tx, user_id).await?;
        }
        bus::audit(&mut tx, cx, "factor.remove", &format!("user:{user_id} totp")).await?;
        let fact = FactorRemoved { user_id: user_id.to_string(), kind: "totp".into() };
        bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    }
    tx.commit().await?;
    Ok(())
}
