//! Says whether what was typed is a person's second factor, and uses it up.

use kernel::{Cx, UserId};
use pg::TenantTx;
use wire::auth::v1::RecoveryCodeUsed;

use super::TOTP_PURPOSE;
use crate::{
    App, Result,
    domain::{RecoveryCode, SecondFactor, TotpSecret},
    store,
};

/// Accepts a code of the app or a recovery code, each once. The try was counted before.
pub(super) async fn check_factor(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    user_id: UserId,
    shown: &SecondFactor,
) -> Result<bool> {
    match shown {
        SecondFactor::App(code) => {
            let Some(kept) = store::lock_totp(tx, user_id).await? else { return Ok(false) };
            let row = user_id.uuid();
            let secret = app.vault.open(tx, cx, TOTP_PURPOSE, row, &kept.secret).await?;
            let now = app.clock.now();
            let step = TotpSecret::from(secret).accepts(code, now, kept.last_step);
            let Some(step) = step.filter(|_| kept.confirmed_at.is_some()) else { return Ok(false) };
            store::note_step(tx, user_id, step, now).await?;
            Ok(true)
        }
        SecondFactor::Recovery(code) => recover(tx, cx, user_id, code).await,
    }
}

async fn recover(tx: &mut TenantTx, cx: &Cx, user_id: UserId, code: &RecoveryCode) -> Result<bool> {
    if !store::use_recovery_code(tx, user_id, code).await? {
        return Ok(false);
    }
    let left = store::count_recovery_codes(tx, user_id).await?;
    bus::audit(tx, cx, "factor.recover", &format!("user:{user_id}")).await?;
    let fact = RecoveryCodeUsed { user_id: user_id.to_string(), left };
    bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    Ok(true)
}
