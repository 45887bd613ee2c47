//! Makes an authenticator app a second factor.

use kernel::{Cx, SessionId, TenantId, UserId};
use secrecy::SecretString;
use wire::auth::v1::FactorEnrolled;

use super::{
    TOTP_PURPOSE,
    count_try::count_try,
    renew_recovery_codes::draw_codes,
    require_fresh::{require_fresh, require_session},
};
use crate::{
    App, Error, Result,
    domain::{Account, RecoveryCode, TotpSecret},
    store,
};

/// Whose app, from which session, and a code of it.
#[derive(Debug)]
pub(crate) struct ConfirmTotp {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) code: SecretString,
}

/// Counts the app from now on, and hands out recovery codes. The session in use has shown it.
pub(crate) async fn confirm_totp(
    app: &App,
    cx: &Cx,
    command: ConfirmTotp,
) -> Result<Vec<RecoveryCode>> {
    require_session(cx)?;
    let ConfirmTotp { user_id, session_id, code } = command;
    let now = app.clock.now();
    let mut tx = app.db.platform("count_try", "tries are counted for all people together").await?;
    let counted = count_try(&mut tx, cx, &Account::Person(user_id), now).await?;
    tx.commit().await?;
    let codes = draw_codes()?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "confirm_totp").await?;
    require_fresh(&mut tx, user_id, session_id, now).await?;
    if store::has_totp(&mut tx, user_id).await? {
        return Err(Error::FactorExists);
    }
    let kept = store::lock_totp(&mut tx, user_id).await?.ok_or(Error::FactorNotFound)?;
    let secret = app.vault.open(&mut tx, cx, TOTP_PURPOSE, user_id.uuid(), &kept.secret).await?;
    let Some(step) = TotpSecret::from(secret).accepts(&code, now, kept.last_step) else {
        tx.commit().await?;
        return Err(Error::FactorRefused);
    };
    counted.was_right(&mut tx, user_id, now).await?;
    store::note_step(&mut tx, user_id, step, now).await?;
    store::replace_recovery_codes(&mut tx, user_id, &codes).await?;
    store::guard_by_passkeys(&mut tx, user_id, now).await?;
    store::note_second_factor(&mut tx, session_id, now).await?;
    bus::audit(&mut tx, cx, "factor.enrol", &format!("user:{user_id} totp")).await?;
    let fact = FactorEnrolled { user_id: user_id.to_string(), kind: "totp".into() };
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(codes)
}
