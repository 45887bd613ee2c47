//! Removes a passkey.

use kernel::{Cx, SessionId, TenantId, UserId};
use wire::auth::v1::FactorRemoved;

use super::require_fresh::{require_fresh, require_session};
use crate::{
    App, Error, Result,
    domain::{PasskeyId, PasskeyRefusal, Removal, removal},
    store,
};

/// Removes one of the person's passkeys after a fresh proof, with the recovery codes where it was the last second factor.
/// The last way in stays, and so does what a short password needs.
pub(crate) async fn remove_passkey(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
    passkey_id: PasskeyId,
) -> Result<()> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "remove_passkey").await?;
    require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    let has_app = store::has_totp(&mut tx, user_id).await?;
    let besides = store::besides(&mut tx, user_id, passkey_id, has_app).await?;
    let (guards, remaining) = besides.ok_or(Error::Passkey(PasskeyRefusal::NotFound))?;
    match removal(guards, remaining) {
        Removal::OnlyWayIn => return Err(Error::Passkey(PasskeyRefusal::OnlyWayIn)),
        Removal::PasswordNeedsIt => return Err(Error::PasswordTooShort),
        Removal::LastFactor => store::delete_recovery_codes(&mut tx, user_id).await?,
        Removal::Plain => {}
    }
    store::delete_passkey(&mut tx, user_id, passkey_id).await?;
    let target = format!("user:{user_id} passkey:{passkey_id}");
    bus::audit(&mut tx, cx, "factor.remove", &target).await?;
    let fact = FactorRemoved { user_id: user_id.to_string(), kind: "passkey".into() };
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(())
}
